// latest wraps work so that it runs once at a time and, when it ends, once more
// for the newest of the arguments that came meanwhile. The others are dropped:
// who drags a slider wants to see where it is, not where it was.
export function latest(work, failed) {
  let busy = false;
  let waiting = null;
  return async function run(...args) {
    waiting = args;
    if (busy) return;
    busy = true;
    while (waiting) {
      const next = waiting;
      waiting = null;
      try {
        await work(...next);
      } catch (trouble) {
        failed(trouble);
      }
    }
    busy = false;
  };
}

// eachFrame lets a function run at most once a frame, with the newest arguments.
export function eachFrame(work) {
  let newest = null;
  return (...args) => {
    if (newest === null) requestAnimationFrame(() => { const now = newest; newest = null; work(...now); });
    newest = args;
  };
}
