/** What CONFIG_DEBUG_SLAB knows of each object: columns parallel to the links of free objects (`bufctl`). */

/** 'Inactive' and 'active' red zones. Source: mm/slab.c, RED_INACTIVE, RED_ACTIVE */
export const RED_INACTIVE = 0x5a2cf071;
export const RED_ACTIVE = 0x170fc2a5;

export class SlabDebug {
  /** 1 while somebody has the object. */
  out = new Uint8Array(0);
  /** The words before and behind the object. */
  redzone1 = new Int32Array(0);
  redzone2 = new Int32Array(0);
  /** Of a free object: offset of the first byte that is not poison any more, plus 1; 0 while all is. */
  spoilt = new Int32Array(0);
  /** Task that took or gave it back last (REQ_TASK): what SLAB_STORE_USER keeps as an address of code. */
  user = new Int16Array(0);
}

/** Room for `length` objects. */
export function growDebug(d: SlabDebug, length: number): void {
  if (d.out.length >= length) return;
  const { out, redzone1, redzone2, spoilt, user } = d;
  (d.out = new Uint8Array(length)).set(out);
  (d.redzone1 = new Int32Array(length)).set(redzone1);
  (d.redzone2 = new Int32Array(length)).set(redzone2);
  (d.spoilt = new Int32Array(length)).set(spoilt);
  (d.user = new Int16Array(length)).set(user);
}

export function copyDebug(from: SlabDebug): SlabDebug {
  const copy = new SlabDebug();
  copy.out = from.out.slice();
  copy.redzone1 = from.redzone1.slice();
  copy.redzone2 = from.redzone2.slice();
  copy.spoilt = from.spoilt.slice();
  copy.user = from.user.slice();
  return copy;
}
