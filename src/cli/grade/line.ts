/** The line that says how far marking is, and how long it will take at this pace; workers may come and go. */
import { plural } from '../../report/quantity.ts';
import { Progress } from '../terminal.ts';

export class MarkingLine {
  private readonly line = new Progress(true);
  private readonly nrSubmissions: number;
  private nrBegun = 0;
  /** Of those that something is run for. */
  private nrRun = 0;
  private runsAsked = 0;
  private runsDone = 0;
  /** So many runs are played at once. */
  private hands = 0;
  private who = '';
  /** Of all hands together. */
  private workedMs = 0;
  private since = performance.now();

  constructor(nrSubmissions: number) {
    this.nrSubmissions = nrSubmissions;
  }

  /** From now on so many runs are played at once. @param who  by whom; '' where that goes without saying */
  handsOf(hands: number, who = ''): void {
    this.settle();
    this.hands = hands;
    this.who = who;
    this.show();
  }

  /** A submission was read, and is to be run for so often. */
  begun(runs: number): void {
    this.nrBegun++;
    if (runs > 0) this.nrRun++;
    this.runsAsked += runs;
    this.show();
  }

  ran(): void {
    this.runsDone++;
    this.show();
  }

  /** Say something that stays. */
  tell(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
  }

  clear(): void {
    this.line.clear();
  }

  private settle(): void {
    const now = performance.now();
    this.workedMs += (now - this.since) * this.hands;
    this.since = now;
  }

  private show(): void {
    this.settle();
    const { nrSubmissions, nrBegun, nrRun, runsAsked, runsDone, hands, who } = this;
    // Of those at hand a part is done.
    const done = runsAsked === 0 ? 0 : (nrRun * runsDone) / runsAsked;
    const left = nrSubmissions - nrBegun + nrRun - done;
    const time =
      hands === 0 || runsDone < 2 * hands ? '' : `, ${timeText((left * this.workedMs) / done / hands)} left`;
    this.line.show(
      `marking: ${nrBegun} of ${plural(nrSubmissions, 'submission')}, ${plural(runsDone, 'run')}${time}${who}`,
    );
  }
}

function timeText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600
    ? `${Math.ceil(seconds / 60)} min`
    : `${Math.floor(seconds / 3600)} h ${Math.ceil((seconds % 3600) / 60)} min`;
}
