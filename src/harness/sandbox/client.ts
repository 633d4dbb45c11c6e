/** The harness's side of the sandbox: one process a submission, reused for all its challenges and seeds. */
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ChallengePlan } from '../../contract/plan.ts';
import type { PolicyLoad, PolicyRun, PolicySource, SandboxFailure } from '../../contract/policy.ts';
import type { Tape } from '../../contract/tape.ts';
import { policyInfo } from '../../policy/compile/index.ts';
import { clearHostTimeout, hostTimeout, now } from '../hostClock.ts';
import { type ChildOptions, killGroup, startChild, wrappersLeft, wrapperWorks } from './childProcess.ts';
import * as F from './frames.ts';
import type { LoadRequest, RunPlan, RunRequest } from './policyProcess.ts';
import { loadReport, ProtocolError, runReport } from './reports.ts';
import { encodeRows } from './rows.ts';

/** Bytes of decisions that one run may send. */
const MAX_DECISION_BYTES = 512 << 20;
const START_MS = 10_000;
const LOAD_MS = 20_000;
const MIB = 1 << 20;
/** Heap for the machine, the compiler and the engine, and the most that one budgeted byte can take of it. */
const BASE_HEAP_MIB = 256;
const HEAP_BYTES_PER_BUDGETED = 8;

export interface SandboxOptions {
  /** Another Node than this one, for tests. */
  node?: ChildOptions['node'];
  /** Another child than ours, for tests. */
  childFile?: string;
  /** Wall-clock limit of loading; default 20 s. */
  loadMs?: number;
  /** Wall-clock limit of one run; default: generous, by the plan's fuel and the length of the tape. */
  runMs?: number;
  /** Heap of the child at the start; it is started anew for a challenge that allows more. */
  heapMiB?: number;
  /** Others keep all cores at work meanwhile. */
  crowded?: boolean;
}

const LATE: SandboxFailure = { reason: 'timeout', message: 'the sandboxed process did not answer in time' };
/** Frames, and bytes of them, that wait to be read before the child is made to wait. */
const MAX_WAITING = 256;
const MAX_WAITING_BYTES = 16 << 20;

/** The sandbox failed before a policy was judged: the host's fault or an attack. */
export class SandboxError extends Error {
  readonly failure: SandboxFailure;

  constructor(failure: SandboxFailure) {
    super(failure.message);
    this.name = 'SandboxError';
    this.failure = failure;
  }
}

export class Sandbox {
  private readonly options: SandboxOptions;
  private link: Link;
  private heapMiB: number;

  private constructor(options: SandboxOptions, link: Link, heapMiB: number) {
    this.options = options;
    this.link = link;
    this.heapMiB = heapMiB;
  }

  /** @throws SandboxError when no process can be started */
  static async start(options: SandboxOptions = {}): Promise<Sandbox> {
    const heapMiB = options.heapMiB ?? 1024;
    return new Sandbox(options, await Link.open(options, heapMiB), heapMiB);
  }

  /** Process id of the child; -1 once it is gone. */
  get pid(): number {
    return this.link.pid;
  }

  /**
   * Compile a policy, in place of the one before. Nothing is left of that but what an escape would leave in the process:
   * all policies of one sandbox are of one author.
   *
   * @throws SandboxError when the process dies or does not answer
   */
  async load(source: PolicySource, plan: ChallengePlan): Promise<PolicyLoad> {
    const wanted = BASE_HEAP_MIB + Math.ceil((plan.policy.memoryBytes * HEAP_BYTES_PER_BUDGETED) / MIB);
    if (wanted > this.heapMiB && this.options.heapMiB === undefined) {
      this.link.close();
      this.heapMiB = wanted;
      this.link = await Link.open(this.options, wanted);
    }
    const request: LoadRequest = { source, plan: runPlan(plan) };
    try {
      const { payload } = await this.link.ask(
        F.encodeJson(F.FRAME_LOAD, request),
        [F.FRAME_LOADED],
        this.options.loadMs ?? LOAD_MS,
      );
      const report = loadReport(json(payload), plan.policy.hooks);
      if (!report.ok) return report;
      // Size and hash go into the verdict, so they are found here; the sources are known to compile by now.
      return { ok: true, info: policyInfo(source, report.hooks) };
    } catch (error) {
      throw new SandboxError(this.failed(error));
    }
  }

  /** Play a tape with the policy loaded. The child gets the rows as it needs them, and never a seed. */
  async run(plan: ChallengePlan, tape: Tape): Promise<PolicyRun | SandboxFailure> {
    const { nrOps, nrSlots, nrInstances, nrDaemons } = tape;
    const request: RunRequest = { plan: runPlan(plan), shape: { nrOps, nrSlots, nrInstances, nrDaemons } };
    const limitMs = this.options.runMs ?? wallLimitMs(plan, nrOps);
    const until = now() + limitMs;
    const parts: Uint8Array[] = [];
    let bytes = 0;
    let rows = 0;
    let frame = F.encodeJson(F.FRAME_RUN, request);
    const expected = [F.FRAME_NEED, F.FRAME_DECISIONS, F.FRAME_DONE];
    try {
      for (let sends = true; ; ) {
        const answer = await this.link.ask(sends ? frame : null, expected, until - now());
        sends = false;
        // A child that talks without end is as late as one that is silent.
        if (now() > until) throw new SandboxError(LATE);
        if (answer.type === F.FRAME_DECISIONS) {
          const { length } = answer.payload;
          bytes += length;
          if (length === 0 || length % 4 !== 0) throw new ProtocolError('decisions that are no integers');
          if (bytes > MAX_DECISION_BYTES) throw new ProtocolError('too many decisions');
          parts.push(answer.payload);
        } else if (answer.type === F.FRAME_NEED) {
          if (rows >= nrOps) throw new ProtocolError('rows asked for beyond the end');
          frame = rowsOf(tape, rows);
          rows = Math.min(nrOps, rows + F.CHUNK_ROWS);
          sends = true;
        } else {
          const report = runReport(json(answer.payload));
          const decisions = joined(parts, bytes);
          const { nrDecisions, ...rest } = report;
          if (nrDecisions !== decisions.length) throw new ProtocolError('decisions are missing');
          if (report.nrOps > rows || (report.end === 'done' && report.nrOps !== nrOps)) {
            throw new ProtocolError('operations are missing');
          }
          return { decisions, ...rest };
        }
      }
    } catch (error) {
      return this.failed(error);
    }
  }

  async close(): Promise<void> {
    this.link.close();
    await this.link.gone;
  }

  private failed(error: unknown): SandboxFailure {
    this.link.close();
    if (error instanceof SandboxError) return error.failure;
    const what = error instanceof Error ? error.message : String(error);
    return { reason: 'protocol', message: `the sandboxed process said what it cannot say: ${what}` };
  }
}

/** One child process and the frames that come from it. */
class Link {
  private readonly child: ChildProcess;
  private readonly out: Readable;
  private readonly reader = new F.FrameReader(F.MAX_FROM_CHILD);
  private readonly frames: F.Frame[] = [];
  private waitingBytes = 0;
  private wake: (() => void) | null = null;
  private failure: SandboxFailure | null = null;
  private stderr = '';
  private closed = false;
  readonly gone: Promise<void>;

  private constructor(child: ChildProcess) {
    this.child = child;
    const out = child.stdio[3] as Readable;
    this.out = out;
    out.on('data', (bytes: Buffer) => this.take(bytes));
    // Only its end is kept: what a dying Node says comes last.
    child.stderr?.on('data', (bytes: Buffer) => {
      this.stderr = (this.stderr + bytes.toString('latin1')).slice(-4000);
    });
    for (const stream of [out, child.stderr, child.stdin]) stream?.on('error', () => undefined);
    this.gone = new Promise(resolve => {
      child.on('error', error => {
        this.fail({
          reason: 'crashed',
          message: `the sandboxed process cannot be started: ${error.message}`,
        });
        resolve();
      });
      child.on('close', (code, signal) => {
        this.fail(this.deathOf(code, signal));
        resolve();
      });
    });
  }

  static async open(options: SandboxOptions, heapMiB: number): Promise<Link> {
    const child: ChildOptions = {
      heapMiB,
      node: options.node ?? { path: process.execPath, version: process.versions.node },
      ...(options.childFile === undefined ? {} : { file: options.childFile }),
      ...(options.crowded === undefined ? {} : { crowded: options.crowded }),
    };
    let last: unknown;
    for (const wrapper of wrappersLeft()) {
      const link = new Link(startChild(wrapper, child));
      try {
        await link.ask(null, [F.FRAME_READY], START_MS);
        wrapperWorks(wrapper);
        return link;
      } catch (error) {
        last = error;
        link.close();
      }
    }
    throw last;
  }

  get pid(): number {
    return this.closed ? -1 : (this.child.pid ?? -1);
  }

  /**
   * Send a frame, or nothing, and wait for the next one.
   *
   * @throws SandboxError when the child dies, stays silent or says something else
   */
  async ask(frame: Uint8Array | null, expected: number[], ms: number): Promise<F.Frame> {
    // A child of ours is silent until it is asked for something.
    if (frame !== null && this.frames.length > 0) throw new ProtocolError('a frame that nobody asked for');
    if (frame !== null && this.failure === null) (this.child.stdin as Writable).write(frame);
    const first = this.frames.shift() ?? (await this.wait(ms));
    this.waitingBytes -= first.payload.length;
    if (this.frames.length === 0) this.out.resume();
    if (!expected.includes(first.type)) throw new ProtocolError(`a frame of type ${first.type}`);
    return first;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    killGroup(this.child);
    for (const stream of this.child.stdio) stream?.destroy();
  }

  private async wait(ms: number): Promise<F.Frame> {
    if (this.failure === null) {
      await new Promise<void>(resolve => {
        const timer = hostTimeout(
          () => {
            this.fail(LATE);
          },
          Math.max(1, ms),
        );
        this.wake = () => {
          clearHostTimeout(timer);
          this.wake = null;
          resolve();
        };
      });
    }
    const frame = this.frames.shift();
    if (frame !== undefined) return frame;
    throw new SandboxError(this.failure!);
  }

  private take(bytes: Uint8Array): void {
    if (this.failure !== null) return;
    try {
      for (const frame of this.reader.push(bytes)) {
        this.frames.push(frame);
        this.waitingBytes += frame.payload.length;
      }
    } catch (error) {
      this.fail({
        reason: 'protocol',
        message: `the sandboxed process said what it cannot say: ${(error as Error).message}`,
      });
      this.close();
    }
    if (this.frames.length > MAX_WAITING || this.waitingBytes > MAX_WAITING_BYTES) this.out.pause();
    if (this.frames.length > 0) this.wake?.();
  }

  private fail(failure: SandboxFailure): void {
    this.failure ??= failure;
    this.wake?.();
  }

  private deathOf(code: number | null, signal: NodeJS.Signals | null): SandboxFailure {
    if (this.stderr.includes('heap out of memory') || this.stderr.includes('allocation failed')) {
      return { reason: 'crashed', message: 'the sandboxed process ran out of memory' };
    }
    if (signal !== null) return { reason: 'killed', message: `the sandboxed process was ended by ${signal}` };
    const lines = this.stderr.split('\n').filter(line => /^\w*Error\b/.test(line));
    const said = lines.length > 0 ? `: ${lines[0].trim().slice(0, 200)}` : '';
    return { reason: 'crashed', message: `the sandboxed process ended with code ${code}${said}` };
  }
}

/** Nothing that the child has no use for: no seed, no goal, no story. */
function runPlan({ id, machine, workload, policy }: ChallengePlan): RunPlan {
  return { id, machine, workload, policy };
}

/** Rows of more are encoded when they are sent: their tapes are played once or twice. */
const KEPT_ROWS = 1 << 18;
/** Frames of tapes that are played by one policy after the other. */
const framesOf = new WeakMap<Tape, Uint8Array[]>();

/** The frame of the rows from `first` on. */
function rowsOf(tape: Tape, first: number): Uint8Array {
  let frames = framesOf.get(tape);
  if (frames === undefined) {
    frames = [];
    if (tape.nrOps <= KEPT_ROWS) framesOf.set(tape, frames);
  }
  const at = first / F.CHUNK_ROWS;
  frames[at] ??= encodeRows(tape, first, Math.min(F.CHUNK_ROWS, tape.nrOps - first));
  return frames[at];
}

/** Far above what any run needs: fuel is the limit, this only catches a host or a child that has stopped. */
function wallLimitMs(plan: ChallengePlan, nrOps: number): number {
  return Math.min(3_600_000, 30_000 + plan.policy.fuelPerRun / 5_000 + nrOps / 10);
}

function json(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    throw new ProtocolError('text that is not JSON');
  }
}

function joined(parts: Uint8Array[], bytes: number): Int32Array {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Int32Array(all.buffer);
}
