// Moves what a program is told of the time of day. Timers and the monotonic clock go on as they are.
export const shift = (offset) => {
  const Real = globalThis.Date
  globalThis.Date = class extends Real {
    constructor(...args) {
      if (args.length === 0) super(Real.now() + offset)
      else super(...args)
    }

    static now() {
      return Real.now() + offset
    }
  }
}
