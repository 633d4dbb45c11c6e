import {
  anonMap,
  anonTouch,
  anonUnmap,
  CONTROL_FIELDS,
  dcacheLookup,
  doneResuming,
  exitMm,
  fileRead,
  fileSync,
  fileWrite,
  type Machine,
  NIL,
  P_ALIVE,
  P_KILLED,
  P_STRIDE,
  PATH_WAIT,
  processKilled,
  REQ_CPU,
  resumeRequest,
  runDue,
  SLEEP_QUEUE,
  SLEEP_UNTIL_US,
  type Vm,
} from '../../src/engine/index.ts';

/** A process that does one random thing after another, and sleeps where the kernel's would. */
interface Task {
  process: number;
  areas: { area: number; pages: number }[];
  /** What it is in the middle of; null: nothing. Returns whether it is over. */
  operation: (() => boolean) | null;
  control: Int32Array;
  untilUs: number;
  queue: number;
}

/** Runs `vm` with so many tasks, one at a time on any CPU, the clock moving only while all of them sleep. */
export class VmTasks {
  readonly m: Machine;
  readonly vm: Vm;
  readonly tasks: Task[];
  private readonly random: () => number;
  readonly killed: number[] = [];
  private cpu = 0;

  constructor(m: Machine, nrTasks: number, random: () => number) {
    this.m = m;
    this.vm = m.vm!;
    this.random = random;
    this.tasks = Array.from({ length: nrTasks }, (_, process) => ({
      process,
      areas: [],
      operation: null,
      control: new Int32Array(CONTROL_FIELDS),
      untilUs: 0,
      queue: 0,
    }));
    for (const task of this.tasks) this.vm.process[task.process * P_STRIDE + P_ALIVE] = 1;
  }

  below(n: number): number {
    return this.random() % n;
  }

  /** One operation, one turn of a sleeping one, or one entry of the agenda. */
  step(): void {
    const { m } = this;
    const now = m.agenda.nowUs;
    const ready = this.tasks.filter(task => task.untilUs <= now);
    if (ready.length > 0) this.run(ready[this.below(ready.length)]);
    else {
      const wakes = Math.min(...this.tasks.map(task => task.untilUs));
      if (m.agenda.next[0] <= wakes) {
        m.agenda.takeFirst();
        runDue(m, m.agenda.kind, m.agenda.arg);
      } else m.agenda.now[0] = wakes;
    }
    for (const task of this.tasks)
      if ((m.woken & (1 << task.queue)) !== 0 && task.queue !== 0) task.untilUs = 0;
    m.woken = 0;
  }

  private run(task: Task): void {
    const { m, vm } = this;
    vm.current = task.process;
    this.cpu = this.below(m.cpus);
    m.request[REQ_CPU] = this.cpu;
    task.queue = 0;
    if (processKilled(vm, task.process) && (task.operation === null || this.below(2) === 0)) this.end(task);
    else {
      task.operation ??= this.choose(task);
      resumeRequest(m, task.control);
      const over = task.operation();
      if (!over && m.path === PATH_WAIT) {
        task.control.set(m.control);
        task.untilUs = m.sleep[SLEEP_UNTIL_US];
        task.queue = m.sleep[SLEEP_QUEUE];
      } else {
        if (m.control.some(word => word !== 0))
          throw new Error('an operation that is over leaves its control');
        task.operation = null;
        task.control.fill(0);
        // A breath now and then, so that the clock moves on.
        task.untilUs = this.below(8) === 0 ? m.agenda.nowUs + this.below(20000) : 0;
      }
      doneResuming(m);
    }
    vm.current = NIL;
  }

  private end(task: Task): void {
    const { vm } = this;
    exitMm(vm, task.process, this.cpu);
    task.areas = [];
    task.operation = null;
    task.control.fill(0);
    task.untilUs = 0;
    this.killed.push(task.process);
    vm.process[task.process * P_STRIDE + P_KILLED] = 0;
    vm.killed = vm.killed.filter(p => p !== task.process);
  }

  private choose(task: Task): () => boolean {
    const { vm } = this;
    const file = this.below(vm.files.nrFiles);
    const size = vm.files.size[file];
    const nr = 1 + this.below(Math.min(24, size));
    const first = this.below(size - nr + 1);
    const kind = this.below(20);
    if (kind < 4) return () => fileRead(vm, file, first, nr, 0, this.cpu, 0) === nr;
    if (kind < 5) {
      const all = Math.min(size, 100);
      return () => fileRead(vm, file, 0, all, 0, this.cpu, 0) === all;
    }
    if (kind < 8) return () => fileWrite(vm, file, first, nr, 0, this.cpu, 0) === nr;
    if (kind < 9) return () => fileWrite(vm, file, first, nr, 0, this.cpu, 0, 1) === nr;
    if (kind < 10) return () => fileSync(vm, file);
    if (kind < 12 && vm.dcaches.length > 0) {
      const entry = this.below(vm.dcaches[0].entries);
      return () => dcacheLookup(vm, 0, entry, this.cpu, 0) !== NIL;
    }
    if (kind < 13 || task.areas.length === 0) {
      const pages = 1 + this.below(700);
      return () => {
        const area = anonMap(vm, task.process, pages);
        if (area !== NIL) task.areas.push({ area, pages });
        return true;
      };
    }
    const chosen = this.below(task.areas.length);
    const { area, pages } = task.areas[chosen];
    if (kind < 14 && this.below(6) === 0) {
      return () => {
        task.areas.splice(chosen, 1);
        anonUnmap(vm, area, this.cpu);
        return true;
      };
    }
    if (kind < 14 && this.below(20) === 0) {
      return () => {
        exitMm(vm, task.process, this.cpu);
        task.areas = [];
        return true;
      };
    }
    const touched = 1 + this.below(Math.min(pages, 300));
    const from = this.below(pages - touched + 1);
    const write = this.below(3) !== 0;
    return () => anonTouch(vm, area, from, touched, write, this.cpu, 0) === touched;
  }
}
