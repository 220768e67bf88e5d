/**
 * `Symbol.asyncDispose`, for compilers whose `lib` does not have it yet. Where it does, this is the same
 * declaration again.
 */

declare global {
  interface SymbolConstructor {
    /** What `await using` calls. */
    readonly asyncDispose: unique symbol;
  }
}

export {};
