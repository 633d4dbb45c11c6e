/** Playing, in the background, what a result is held against. */
import type { ChallengeEntry, GameServices } from './gameRun.ts';

interface Job {
  selected: number;
  abort: AbortController;
  done: boolean;
}

export interface MeasuringEvents {
  /** Another one is known, or all are. */
  measured: () => void;
  failed: (error: unknown) => void;
}

export class Measuring {
  private readonly services: GameServices;
  private readonly events: MeasuringEvents;
  private job: Job | null = null;

  constructor(services: GameServices, events: MeasuringEvents) {
    this.services = services;
    this.events = events;
  }

  /** Whether it is at work on that challenge. */
  isAt(selected: number): boolean {
    return this.job?.selected === selected && !this.job.done;
  }

  stop(): void {
    this.job?.abort.abort();
  }

  /** @param selected the challenge whose result is looked at, or -1: what is at work stops, and begins again when it is */
  follow(selected: number, entry: ChallengeEntry | undefined): void {
    if (this.job && this.job.selected !== selected && !this.job.done) {
      this.job.abort.abort();
      this.job = null;
    }
    if (selected < 0 || entry === undefined || this.job?.selected === selected) return;
    const job: Job = { selected, abort: new AbortController(), done: false };
    this.job = job;
    const tell = (): void => {
      if (!job.abort.signal.aborted) this.events.measured();
    };
    this.services.measure(entry, tell, job.abort.signal).then(
      () => {
        job.done = true;
        tell();
      },
      error => {
        if (!job.abort.signal.aborted) this.events.failed(error);
      },
    );
  }
}
