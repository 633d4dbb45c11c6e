/** A connection to Redis that outlives restarts of it, and says so when it is gone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { BadInput, HostFailure } from '../../exit.ts';
import type { QueueAddress } from './address.ts';

/** How long a Redis that is not there is waited for at the start. */
const PATIENCE_MS = 3000;
/** A shorter absence is nobody's business. */
const UNSAID_MS = 1000;
/** What BullMQ recommends at least. */
const MIN_VERSION = [6, 2] as const;

export type Tell = (line: string) => void;

/** @throws BadInput, HostFailure */
export async function connect(address: QueueAddress, tell: Tell): Promise<Redis> {
  const until = performance.now() + PATIENCE_MS;
  const settings = {
    ...address.connection,
    protocol: 2 as const,
    lazyConnect: true,
    connectTimeout: 3000,
    // Commands wait for a Redis that restarts.
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(times * 100, 1000),
  };
  for (;;) {
    const redis = new Redis(settings);
    let said: Error | null = null;
    redis.on('error', error => {
      said ??= error;
    });
    try {
      await redis.connect();
      await redis.select(address.connection.db ?? 0);
      await checkServer(redis, address);
      redis.removeAllListeners('error');
      watch(redis, address, tell);
      return redis;
    } catch (error) {
      redis.disconnect();
      if (error instanceof BadInput) throw error;
      const { code, message } = rootOf(said ?? error);
      const refused = refusal(message, address);
      if (refused !== null) throw refused;
      if (performance.now() > until) {
        throw new HostFailure(
          `no Redis answers at ${address.shown} (${code ?? message}): start one (redis-server --appendonly yes), or name another with --queue`,
        );
      }
    }
    await sleep(300);
  }
}

/** Of several attempts, by IPv6 and IPv4, the last. */
function rootOf(error: unknown): NodeJS.ErrnoException {
  const inner = error instanceof AggregateError ? error.errors.at(-1) : error;
  return inner instanceof Error ? inner : new Error(String(inner));
}

/** What no patience changes. */
export function refusal(message: string, { shown }: Pick<QueueAddress, 'shown'>): BadInput | null {
  if (/NOAUTH/.test(message)) {
    return new BadInput(
      `${shown} asks for a password: give it in $OOMPH_QUEUE_PASSWORD, or in --queue as redis://:PASSWORD@host`,
    );
  }
  if (/WRONGPASS|invalid password|without any password/i.test(message)) {
    return new BadInput(
      `${shown} refuses the user or the password (${message.split(' ')[0]}): look at them in --queue and $OOMPH_QUEUE_PASSWORD`,
    );
  }
  if (/DB index|NOPERM/.test(message)) return new BadInput(`${shown} refuses: ${message}`);
  if (/self.signed|certificate|altnames/i.test(message)) {
    return new BadInput(
      `${shown} has a certificate that is not trusted (${message}): name its authority in NODE_EXTRA_CA_CERTS`,
    );
  }
  return null;
}

async function checkServer(redis: Redis, { shown }: QueueAddress): Promise<void> {
  const server = await serverFacts(redis);
  const [major = 0, minor = 0] = (server.get('redis_version') ?? '').split('.').map(Number);
  if (server.has('redis_version') && (major < MIN_VERSION[0] || (major === 6 && minor < MIN_VERSION[1]))) {
    throw new BadInput(
      `${shown} is Redis ${server.get('redis_version')}: ${MIN_VERSION.join('.')} is needed`,
    );
  }
  if (server.get('role') === 'slave') throw new BadInput(`${shown} is a replica: name its primary`);
  if (server.get('redis_mode') === 'cluster')
    throw new BadInput(`${shown} is of a cluster: a single Redis is needed`);
}

/** `INFO`, or nothing where it is forbidden. */
async function serverFacts(redis: Redis): Promise<Map<string, string>> {
  const text = await redis.info().catch(() => '');
  return new Map(
    [...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]): [string, string] => [name, value]),
  );
}

/** What a grader should know of a Redis before something is lost. */
export async function serverWarnings(redis: Redis): Promise<string[]> {
  const server = await serverFacts(redis);
  const warnings: string[] = [];
  if (server.get('aof_enabled') === '0') {
    warnings.push(
      'this Redis keeps no append-only file: if it restarts, jobs that it held are marked again (redis-server --appendonly yes)',
    );
  }
  const policy = server.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction' && server.get('maxmemory') !== '0') {
    warnings.push(
      `this Redis throws data away when it is full (maxmemory-policy ${policy}): jobs that are lost so are marked again; noeviction is better`,
    );
  }
  return warnings;
}

/** Say when it is gone, and when it is back. */
function watch(redis: Redis, { shown }: QueueAddress, tell: Tell): void {
  let timer: NodeJS.Timeout | null = null;
  let told = false;
  let why = '';
  redis.on('error', error => {
    const { code, message } = rootOf(error);
    why = ` (${code ?? message})`;
  });
  redis.on('close', () => {
    if (timer !== null || told) return;
    timer = setTimeout(() => {
      told = true;
      tell(`${shown} is gone${why}: waiting for it`);
    }, UNSAID_MS);
  });
  redis.on('ready', () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (told) tell(`${shown} is back`);
    told = false;
  });
  redis.on('end', () => {
    if (timer !== null) clearTimeout(timer);
  });
}
