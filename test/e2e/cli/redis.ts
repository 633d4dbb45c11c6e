import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { temporaryFolder } from './oomph.ts';

export const hasRedis =
  spawnSync('redis-server', ['--version']).status === 0 && spawnSync('redis-cli', ['--version']).status === 0;

/** A Redis of our own, with its append-only file in a temporary folder. */
export class RedisServer {
  readonly port: number;
  private readonly folder = temporaryFolder();
  private child: ChildProcess | null = null;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.up();
    return server;
  }

  get url(): string {
    return `redis://localhost:${this.port}`;
  }

  async up(): Promise<void> {
    const args = ['--port', String(this.port), '--dir', this.folder, '--appendonly', 'yes', '--save', ''];
    this.child = spawn('redis-server', args, { stdio: 'ignore' });
    await until('Redis answers', () => this.cli('ping') === 'PONG');
  }

  /** As a machine that goes down does it. */
  async down(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise(resolve => child.on('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  cli(...args: string[]): string {
    const { stdout } = spawnSync('redis-cli', ['-p', String(this.port), ...args], { encoding: 'utf8' });
    return stdout.trim();
  }

  /** Keys that match, such as `*:active`. */
  keys(pattern = '*'): string[] {
    return this.cli('keys', pattern)
      .split('\n')
      .filter(key => key !== '');
  }

  /** Of all runs together. */
  jobs(state: 'wait' | 'active'): number {
    return this.keys(`*:${state}`).reduce((sum, key) => sum + Number(this.cli('llen', key)), 0);
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer();
    server.listen(0, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Look often; a busy machine may take long. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = Date.now() + 120_000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
