// Prices are in cents, so that sums stay exact.

const TAX_RATE = 0.13;

class Cart {
  constructor(currency) {
    this.currency = currency;
    this.lines = [];
  }

  add(product, quantity = 1) {
    const line = this.lines.find((line) => line.product.id === product.id);
    if (line) {
      line.quantity += quantity;
    } else {
      this.lines.push({ product, quantity });
    }
    return this;
  }

  remove(productId) {
    this.lines = this.lines.filter((line) => line.product.id !== productId);
  }

  get subtotal() {
    return this.lines.reduce((sum, line) => sum + line.product.price * line.quantity, 0);
  }

  total(discount = 0) {
    const net = Math.max(0, this.subtotal - discount);
    return Math.round(net * (1 + TAX_RATE));
  }
}

function format(cents, currency) {
  return `${(cents / 100).toFixed(2)} ${currency}`;
}

const cart = new Cart('CNY');
cart.add({ id: 'a1', name: 'Tea', price: 1850 }, 2).add({ id: 'b2', name: 'Cup', price: 990 });
console.log(format(cart.total(500), cart.currency));
