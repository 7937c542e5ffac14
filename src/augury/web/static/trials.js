// The trials as columns, kept up to date by what the server sends.

/** The trials of a study; row i of every column is one trial. */
export class Trials {
  constructor() {
    this.index = new Map();
    for (const name of ["number", "status", "kept", "why", "finished"]) this[name] = [];
    this.params = {};
    this.values = {};
    this.stderrs = {};
    this.notes = {};
    this.reported = {};
    this.cost = {};
  }

  get size() {
    return this.number.length;
  }

  /** Takes what changed; returns the rows. */
  merge(given) {
    for (const name of Object.keys(given.params)) this.params[name] ??= [];
    for (const name of Object.keys(given.values)) {
      this.values[name] ??= [];
      this.stderrs[name] ??= {};
      Object.assign(this.stderrs[name], given.stderrs[name]);
    }
    for (const name of ["notes", "reported", "cost"]) {
      for (const number of given.number) delete this[name][number];
      Object.assign(this[name], given[name]);
    }
    return given.number.map((number, i) => {
      const row = this.index.get(number) ?? this.size;
      this.index.set(number, row);
      this.number[row] = number;
      this.status[row] = given.statuses[given.status[i]];
      this.kept[row] = given.kept[i];
      this.why[row] = given.reasons[given.why[i]];
      this.finished[row] = given.finished[i];
      for (const [name, column] of Object.entries(given.params)) this.params[name][row] = column[i];
      for (const [name, column] of Object.entries(given.values)) this.values[name][row] = column[i];
      return row;
    });
  }

  /** Rows of the trials that wait for a result. */
  open() {
    return this.rows((row) => this.status[row] === "queued" || this.status[row] === "running");
  }

  /** Rows that fulfil a condition, by number. */
  rows(condition) {
    const found = [];
    for (let row = 0; row < this.size; row += 1) if (condition(row)) found.push(row);
    return found.sort((a, b) => this.number[a] - this.number[b]);
  }
}
