/**
 * Names near to a mistyped one, best first, at most three.
 *
 * Near is: the same but for case, leading underscores, hyphens; the end of the other, or a start of it; or a few typing
 * errors (insert, delete, replace, swap neighbours), one for each three letters, at least one and at most three.
 */
export function nearest(wrong: string, names: readonly string[]): string[] {
  if (wrong.length === 0 || wrong.length > 60) return [];
  const plainWrong = plain(wrong);
  const limit = wrong.length === 1 ? 0 : Math.min(3, Math.max(1, Math.floor(wrong.length / 3)));
  const found: { name: string; distance: number }[] = [];
  for (const name of new Set(names)) {
    const plainName = plain(name);
    if (plainName.length === 0) continue;
    let distance = plainName === plainWrong ? 0 : editDistance(plainWrong, plainName, limit);
    if (distance > limit && isEdge(plainWrong, plainName)) distance = limit;
    // A distance as long as the name itself says nothing: every name of that length is as near.
    if (distance <= limit && distance < plainName.length) found.push({ name, distance });
  }
  found.sort((a, b) => a.distance - b.distance);
  return found.slice(0, 3).map(f => f.name);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/^_+/, '').replace(/[-_ ]/g, '');
}

/** `failures` of `page_alloc.failures`, `ZONE_NORMAL` of `Normal`, `req` of `request`. */
function isEdge(a: string, b: string): boolean {
  return (a.length >= 3 && (b.endsWith(a) || b.startsWith(a))) || (b.length >= 3 && a.endsWith(b));
}

/** Damerau-Levenshtein (optimal string alignment); a value above `limit` stands for "further than limit". */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let d = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d = Math.min(d, before[j - 2] + 1);
      row.push(d);
      if (d < best) best = d;
    }
    if (best > limit) return limit + 1;
    before = above;
    above = row;
  }
  return above[b.length];
}
