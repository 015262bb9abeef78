// The sum of some numbers.
export const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
