/** /proc/buddyinfo, /proc/zoneinfo and /proc/meminfo of 2.6.0 to 6.x, one behind the other in any order. */
import type { BrokenLines } from './lines.ts';
import { type MachineState, newState, setFree, type ZoneState, zoneNamed } from './machineState.ts';

const BUDDY = /^\s*Node\s+(\d+),\s*zone\s+(\w+)((?:\s+\d+){5,})\s*$/;
const ZONE_HEAD = /^\s*Node\s+(\d+),\s*zone\s+(\w+)\s*$/;
const FIELD = /^\s+(?:pages )?(free|min|low|high|present|managed|spanned):?\s+(\d+)\s*$/;
const PROTECTION = /^\s+protection: \(([\d, ]+)\)/;
const CPU = /^\s+cpu: (\d+)/;
const TOTAL = /^MemTotal:\s+(\d+) kB/;

export const isProcLine = (line: string): boolean =>
  BUDDY.test(line) || ZONE_HEAD.test(line) || TOTAL.test(line);

export class ProcReader {
  readonly state: MachineState = newState();
  /** Which of the files were there. */
  readonly seen = new Set<'buddyinfo' | 'zoneinfo' | 'meminfo'>();
  private zone: ZoneState | null = null;
  /** Fields behind `pagesets` are those of CPUs. */
  private inPagesets = false;
  private readonly broken: BrokenLines;

  constructor(broken: BrokenLines) {
    this.broken = broken;
  }

  line(line: string, number: number, file: string): boolean {
    const buddy = BUDDY.exec(line);
    if (buddy !== null) {
      const counts = buddy[3].trim().split(/\s+/).map(Number);
      if (counts.reduce((sum, count, order) => sum + count * 2 ** order, 0) > 2 ** 32) {
        this.broken.add(file, number, `free lists of zone ${buddy[2]} that no machine has`);
        return false;
      }
      setFree(zoneNamed(this.state, Number(buddy[1]), buddy[2]), counts);
      this.seen.add('buddyinfo');
      return true;
    }
    const head = ZONE_HEAD.exec(line);
    if (head !== null) {
      this.zone = zoneNamed(this.state, Number(head[1]), head[2]);
      this.inPagesets = false;
      this.seen.add('zoneinfo');
      return true;
    }
    const total = TOTAL.exec(line);
    if (total !== null) {
      this.state.memTotalKb = Number(total[1]);
      this.zone = null;
      this.seen.add('meminfo');
      return true;
    }
    if (/^\s*Node\s+\d+,\s*zone\b/.test(line)) {
      this.broken.add(file, number, 'a zone whose free blocks cannot be read');
      this.zone = null;
      return false;
    }
    return this.field(line, number, file);
  }

  private field(line: string, number: number, file: string): boolean {
    const cpu = CPU.exec(line);
    if (cpu !== null) {
      this.inPagesets = true;
      this.state.cpus = Math.max(this.state.cpus, Number(cpu[1]) + 1);
      return true;
    }
    if (/^\s+pagesets/.test(line)) this.inPagesets = true;
    const protection = PROTECTION.exec(line);
    if (protection !== null && this.zone !== null) {
      this.zone.reserve = Math.max(...protection[1].split(',').map(Number));
      return true;
    }
    const field = FIELD.exec(line);
    if (field === null || this.zone === null || this.inPagesets)
      return /^\s|^[A-Z]\w+(?:\(\w+\))?:/.test(line);
    const [, name, value] = field;
    // Counters below 0, which the kernel prints as very large.
    if (Number(value) > 2 ** 40) {
      this.broken.add(file, number, `${name} ${value}: more pages than any machine has`);
      return false;
    }
    // Pages, as kilobytes of a 4 KiB page: the page's size is told nowhere here.
    const key = `${name}Kb` as 'minKb';
    this.zone[key] ??= Number(value) * 4;
    return true;
  }
}
