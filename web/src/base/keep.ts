// Small values that outlive a reload; a browser that forbids storage only forgets them.
function ask<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch {
    return otherwise;
  }
}

function drawer(storage: () => Storage) {
  return {
    get: (name: string): string => ask(() => storage().getItem(`maque.${name}`), null) ?? "",
    /** An empty value takes no room. */
    set: (name: string, value: string): void =>
      ask(() => (value ? storage().setItem(`maque.${name}`, value) : storage().removeItem(`maque.${name}`)), undefined),
  };
}

/** Kept until the reader clears it. */
export const kept = drawer(() => localStorage);
/** Kept until the tab is closed. */
export const keptForTab = drawer(() => sessionStorage);
