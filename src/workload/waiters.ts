/**
 * Allocations that wait in the allocator, in the order in which they will ask again. Every wait is equally long, so
 * the order is that of arrival: a ring of (tape row, time of the next ask). Entries of blocks that are no longer
 * wanted stay until their turn.
 */
export class Waiters {
  length = 0;
  private head = 0;
  private row = new Int32Array(64);
  private dueUs = new Float64Array(64);

  push(row: number, dueUs: number): void {
    if (this.length === this.row.length) this.grow();
    const i = (this.head + this.length++) & (this.row.length - 1);
    this.row[i] = row;
    this.dueUs[i] = dueUs;
  }

  /** Time at which the first asks again; the list must not be empty. */
  firstDueUs(): number {
    return this.dueUs[this.head];
  }

  /** Takes the first off and says whose it is. */
  shift(): number {
    const row = this.row[this.head];
    this.head = (this.head + 1) & (this.row.length - 1);
    this.length--;
    return row;
  }

  /** Rows and times, first to last. */
  save(): { rows: Int32Array; dueUs: Float64Array } {
    const rows = new Int32Array(this.length);
    const dueUs = new Float64Array(this.length);
    for (let i = 0; i < this.length; i++) {
      const at = (this.head + i) & (this.row.length - 1);
      rows[i] = this.row[at];
      dueUs[i] = this.dueUs[at];
    }
    return { rows, dueUs };
  }

  load(saved: { rows: Int32Array; dueUs: Float64Array }): void {
    this.length = 0;
    this.head = 0;
    for (let i = 0; i < saved.rows.length; i++) this.push(saved.rows[i], saved.dueUs[i]);
  }

  private grow(): void {
    const saved = this.save();
    this.row = new Int32Array(this.row.length * 2);
    this.dueUs = new Float64Array(this.row.length);
    this.load(saved);
  }
}
