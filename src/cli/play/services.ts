/** The game's services on the real harness: sandboxed runs, policy files, the editor. */
import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { PolicySource, SourceFile } from '../../contract/policy.ts';
import { runChallenge } from '../../harness/runChallenge.ts';
import { Sandbox } from '../../harness/sandbox/client.ts';
import type {
  ChallengeEntry,
  EpicOutcome,
  GameServices,
  NotPrepared,
  OpenedReplay,
  PolicyWatch,
  Preparation,
  PreparedRun,
  Restored,
} from '../../tui/gameRun.ts';
import { WorkloadTooLong } from '../../workload/tapeRows.ts';
import { callName } from '../called.ts';
import { epicPolicy, runEpic } from '../epicRun.ts';
import { BadInput, HostFailure } from '../exit.ts';
import { readTextFile } from '../files.ts';
import { makeFolder } from '../makeFolder.ts';
import { starterFor, writeEditorFiles } from '../new.ts';
import { readPolicyFor } from '../policies.ts';
import { isTunables, MAX_POLICY_BYTES } from '../policyFiles.ts';
import { axesOf, type HistoryFile } from '../store/history.ts';
import { compareWith, opponentsFor, type Runs } from './comparing.ts';
import { openEditor } from './editor.ts';
import { policyPlaces } from './entries.ts';
import { watchPolicy } from './policyWatch.ts';
import { PreparedRuns } from './preparedRuns.ts';
import { openReplay, shareRun } from './replays.ts';
import { restorePolicy } from './restorePolicy.ts';
import { showText } from './showText.ts';
import { compileAside } from './tapes.ts';
import { yardsticksFor } from './yardsticks.ts';

const refused = (problem: Partial<NotPrepared>): Preparation => ({
  ok: false,
  problem: { title: '', diagnostics: [], message: '', ...problem },
});

export class HarnessServices implements GameServices {
  readonly history: HistoryFile;
  private readonly policies: string;
  /** What was decided in the runs that the game still knows. */
  private readonly decisions = new WeakMap<PreparedRun, Runs>();

  /** @param policies folder of the player's policies */
  constructor(policies: string, history: HistoryFile) {
    this.policies = policies;
    this.history = history;
  }

  async prepare(
    entry: ChallengeEntry,
    progress: (text: string) => void,
    abort: AbortSignal,
    seed: number,
  ): Promise<Preparation> {
    const plan = entry.plan!;
    let source: PolicySource | null = null;
    let path = '';
    /** Of tunables: what the player wrote; the source is made from it. */
    let written: SourceFile[] = [];
    try {
      const there = this.policiesOf(entry);
      if (there.length > 1) {
        return refused({
          title: `There are ${there.length} policies for ${plan.id}`,
          message: `${there.join(' and ')} are there: keep the one that is to play, and remove or rename the rest.`,
        });
      }
      if (there.length === 1) {
        [path] = there;
        if (isTunables(path)) {
          written = [{ path: basename(path), text: readTextFile(path, 'policy', MAX_POLICY_BYTES) }];
        }
        const read = readPolicyFor(path, plan);
        if ('diagnostics' in read)
          return refused({ title: 'Your policy is at fault', diagnostics: read.diagnostics });
        source = read;
      }
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      return refused({ title: 'Your policy cannot be read', message: error.message });
    }
    try {
      const outcome = await runChallenge(plan, {
        policy: source,
        challengeName: entry.name,
        policyName: source ? path : 'none',
        seeds: plan.seeds,
        startSandbox: () => Sandbox.start(),
        progress: (done, total) => {
          if (total > 1)
            progress(
              `${source ? 'running your policy' : 'running as Linux does'}, seed ${done + 1} of ${total}`,
            );
        },
        signal: abort,
        session: seed,
        compile: compileAside,
      });
      switch (outcome.kind) {
        case 'verdict': {
          const runs = new PreparedRuns(plan, outcome.runs, outcome.session);
          const run: PreparedRun = {
            verdict: outcome.verdict,
            policy: source ? { path, files: [...written, ...source.files] } : null,
            called: callName(),
            open: one => runs.open(one),
            ready: (one, stop) => runs.ready(one, stop),
            share: one => shareRun(entry, outcome.verdict, outcome.runs, one),
            opponents: won => opponentsFor(plan, won),
            compare: (one, opponent, previous, stop) =>
              compareWith({
                plan,
                challengeFile: entry.file,
                seed: one,
                runs: outcome.runs,
                name: source ? path : 'Linux',
                opponent,
                previous: previous === null ? null : (this.decisions.get(previous) ?? null),
                abort: stop,
              }),
          };
          this.decisions.set(run, outcome.runs);
          this.history.addAttempt(entry, run, entry.daily?.date ?? '');
          return { ok: true, run };
        }
        case 'refused':
          return refused({ title: 'Your policy does not compile', diagnostics: outcome.diagnostics });
        case 'aborted':
          return refused({ title: 'The run was cancelled' });
        case 'failed':
          return refused({
            title: 'The run failed, and that says nothing about your policy',
            message:
              `The process that runs it ended twice (${outcome.failure.reason}: ${outcome.failure.message}). ` +
              'Run it again; if it goes on, give the machine more free memory.',
          });
      }
    } catch (error) {
      if (!(error instanceof WorkloadTooLong)) throw error;
      return refused({ title: 'The workload is too long to play', message: error.message });
    }
  }

  startPolicy(entry: ChallengeEntry): string {
    if (this.policyExists(entry)) return '';
    try {
      makeFolder(dirname(entry.policyPath));
      const starter = starterFor(entry.policyPath, entry.plan!);
      const text = starter.replace('oomph docs policy', `${callName()} docs policy`);
      writeFileSync(entry.policyPath, text, { flag: 'wx' });
      if (!isTunables(entry.policyPath)) writeEditorFiles(this.policies);
      return '';
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return `${entry.policyPath} cannot be written (${code ?? message}): start oomph in another folder, or with --policies`;
    }
  }

  restore(entry: ChallengeEntry, id: number): Restored {
    const files = this.history.source(id);
    if (files.length === 0)
      return { problem: 'the policy of that attempt is not kept', same: false, aside: '' };
    try {
      return restorePolicy(this.history, entry, files);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { problem: `the policy cannot be written (${code ?? message})`, same: false, aside: '' };
    }
  }

  async measure(entry: ChallengeEntry, done: () => void, abort: AbortSignal): Promise<void> {
    const plan = entry.plan!;
    const known = new Set(this.history.yardsticks(entry).map(({ name }) => name));
    for (const { name, policy } of yardsticksFor(plan)) {
      if (known.has(name)) continue;
      if (abort.aborted) return;
      const outcome = await runChallenge(plan, {
        policy: policy(),
        challengeName: entry.name,
        policyName: name,
        seeds: plan.seeds,
        startSandbox: () => Sandbox.start(),
        signal: abort,
        forgetRuns: true,
        compile: compileAside,
      });
      if (outcome.kind !== 'verdict') continue;
      const { verdict } = outcome;
      const stick = { name, outcome: verdict.outcome, stars: verdict.stars, scores: axesOf(verdict) };
      this.history.addYardstick(entry, stick);
      done();
    }
  }

  async epic(
    entry: ChallengeEntry,
    entries: readonly ChallengeEntry[],
    progress: (text: string) => void,
    abort: AbortSignal,
  ): Promise<EpicOutcome | null> {
    const problem = (title: string, of: Partial<NotPrepared>): EpicOutcome => ({
      ok: false,
      problem: { title, diagnostics: [], message: '', ...of },
    });
    const path = this.policyPath(entry);
    try {
      const policy = epicPolicy(path);
      if ('diagnostics' in policy) return problem('Your policy does not compile', policy);
      const campaign = entries.filter(one => !one.daily);
      const told = (done: number, total: number, id: string): void =>
        progress(`playing ${id}, ${done + 1} of ${total}`);
      const report = await runEpic(path, policy, campaign, told, abort);
      if (report !== null && 'diagnostics' in report) return problem('Your policy does not compile', report);
      return report === null ? null : { ok: true, report };
    } catch (error) {
      if (error instanceof BadInput) return problem('Your policy cannot be read', { message: error.message });
      if (error instanceof HostFailure) return problem('The run failed', { message: error.message });
      throw error;
    }
  }

  openReplay(text: string, entries: readonly ChallengeEntry[]): OpenedReplay {
    return openReplay(text, entries);
  }

  show(text: string): Promise<void> {
    return showText(text);
  }

  edit(entry: ChallengeEntry): Promise<string> {
    return openEditor(this.policyPath(entry));
  }

  policyExists(entry: ChallengeEntry): boolean {
    return this.policiesOf(entry).length > 0;
  }

  watch(entry: ChallengeEntry, changed: () => void): PolicyWatch {
    return watchPolicy(policyPlaces(entry.policyPath), changed);
  }

  policyPath(entry: ChallengeEntry): string {
    return this.policiesOf(entry)[0] ?? entry.policyPath;
  }

  private policiesOf(entry: ChallengeEntry): string[] {
    return policyPlaces(entry.policyPath).filter(path => existsSync(path));
  }
}
