/** An allocation returned NULL. */
export const INCIDENT_FAILURE = 0;
/** An allocation returned NULL although no page was missing: vmalloc had no addresses left for it. */
export const INCIDENT_REFUSED = 2;
/** A function that may sleep was called in interrupt context. */
export const INCIDENT_SLEEP = 1;

/**
 * What went wrong for the workload, as numbers: kind, tape row, time, and the request for pages that failed. Text is
 * made when somebody reads it.
 */
export class Incidents {
  length = 0;
  kind = new Uint8Array(64);
  row = new Int32Array(64);
  timeUs = new Float64Array(64);
  order = new Uint8Array(64);
  gfp = new Uint16Array(64);

  push(kind: number, row: number, timeUs: number, order: number, gfp: number): void {
    const i = this.length++;
    if (i === this.kind.length) this.grow();
    this.kind[i] = kind;
    this.row[i] = row;
    this.timeUs[i] = timeUs;
    this.order[i] = order;
    this.gfp[i] = gfp;
  }

  private grow(): void {
    const { kind, row, timeUs, order, gfp } = this;
    const length = kind.length * 2;
    (this.kind = new Uint8Array(length)).set(kind);
    (this.row = new Int32Array(length)).set(row);
    (this.timeUs = new Float64Array(length)).set(timeUs);
    (this.order = new Uint8Array(length)).set(order);
    (this.gfp = new Uint16Array(length)).set(gfp);
  }
}
