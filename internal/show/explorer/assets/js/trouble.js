// Trouble is something wrong that the reader is told, with what to do about it.
export class Trouble extends Error {
  constructor(message, hint = '', status = 0) {
    super(message);
    this.hint = hint;
    this.status = status;
  }
}
