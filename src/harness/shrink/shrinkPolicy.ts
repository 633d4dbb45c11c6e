/** Finds a smaller policy that fails a challenge in the same way: hooks and statements left out, answers as Linux gives them. */
import type { SourceFile } from '../../contract/policy.ts';
import {
  edited,
  isLess,
  type PolicyEdit,
  type PolicyParts,
  type PolicySize,
  partsOf,
} from '../../policy/shrink/policyEdits.ts';

export interface PolicyShrunk {
  file: SourceFile;
  before: PolicySize;
  after: PolicySize;
}

/**
 * @param fails  whether it fails in the same way; what it throws ends the search, and `best` has what was found
 * @param best   told of each that is smaller
 * @returns null where the file is none that could be compiled
 */
export async function shrinkPolicy(
  file: SourceFile,
  fails: (file: SourceFile) => Promise<boolean>,
  best: (found: PolicyShrunk) => void,
): Promise<PolicyShrunk | null> {
  const parts = partsOf(file);
  if (parts === null) return null;
  const search = new PolicySearch(file, parts, fails, best);
  return search.run();
}

class PolicySearch {
  private file: SourceFile;
  private parts: PolicyParts;
  private readonly before: PolicySize;
  private readonly fails: (file: SourceFile) => Promise<boolean>;
  private readonly best: (found: PolicyShrunk) => void;
  private readonly useless = new Set<string>();

  constructor(
    file: SourceFile,
    parts: PolicyParts,
    fails: (file: SourceFile) => Promise<boolean>,
    best: (found: PolicyShrunk) => void,
  ) {
    this.file = file;
    this.parts = parts;
    this.before = parts.size;
    this.fails = fails;
    this.best = best;
  }

  get found(): PolicyShrunk {
    return { file: this.file, before: this.before, after: this.parts.size };
  }

  async run(): Promise<PolicyShrunk> {
    for (let size: PolicySize | null = null; size === null || isLess(this.parts.size, size); ) {
      size = this.parts.size;
      for (let list = 0; list < this.parts.lists.length; list++) await this.list(list);
      for (let at = 0; at < this.parts.simpler.length; )
        if (!(await this.attempt([this.parts.simpler[at]]))) at++;
      for (let at = 0; at < this.parts.joined.length; )
        if (!(await this.attempt(this.parts.joined[at]))) at++;
    }
    return this.found;
  }

  /** Leave out items of a list, many at once first. */
  private async list(list: number): Promise<void> {
    const items = (): PolicyEdit[] => this.parts.lists[list] ?? [];
    for (let size = items().length; size > 0; size = Math.floor(size / 2)) {
      for (let from = 0; from < items().length; ) {
        if (!(await this.attempt(items().slice(from, from + size)))) from += size;
      }
    }
  }

  /** Take it if it is smaller and fails in the same way. */
  private async attempt(edits: readonly PolicyEdit[]): Promise<boolean> {
    const text = edited(this.file.text, edits);
    if (this.useless.has(text)) return false;
    this.useless.add(text);
    const file = { path: this.file.path, text };
    const parts = partsOf(file);
    if (parts === null || !isLess(parts.size, this.parts.size) || !(await this.fails(file))) return false;
    this.file = file;
    this.parts = parts;
    this.best(this.found);
    return true;
  }
}
