// A value that moves to and fro by itself.

const period = 5000; // milliseconds there and back

// swing is where a value is that goes from 0 to 1 and back once a period.
export function swing(phase) {
  const p = phase - Math.floor(phase);
  return p < 0.5 ? 2 * p : 2 - 2 * p;
}

export class Player {
  // A clock calls back at the next frame with the time in milliseconds.
  constructor(clock = { frame: (f) => requestAnimationFrame(f), cancel: (id) => cancelAnimationFrame(id) }) {
    this.clock = clock;
    this.who = null; // what is played
  }

  // play moves what who stands for, from a position in [0, 1] on; ended is
  // called when it is stopped.
  play(who, position, move, ended) {
    this.stop();
    Object.assign(this, { who, ended });
    const from = Math.min(Math.max(position, 0), 1) / 2;
    let begun = null;
    const step = (now) => {
      begun ??= now;
      move(swing(from + (now - begun) / period));
      if (this.who === who) this.next = this.clock.frame(step);
    };
    this.next = this.clock.frame(step);
  }

  stop() {
    if (this.who === null) return;
    this.clock.cancel(this.next);
    const { ended } = this;
    this.who = this.ended = null;
    ended();
  }
}
