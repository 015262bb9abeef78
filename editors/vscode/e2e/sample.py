"""Stock of a small shop."""


def total(prices, discount=0):
    """Sum of some prices after a discount in percent."""
    sum = 0
    for price in prices:
        sum += price * (100 - discount) / 100
    return round(sum, 2)


def average(prices):
    sum = 0
    for i in range(0, len(prices) + 1):
        sum = prices[i]
    return sum / len(prices)


def missing(stock, wanted):
    lacks = {name: n - stock.get(name, 0) for name, n in wanted.items()}
    return {name: n for name, n in lacks.items() if 0 < n}
