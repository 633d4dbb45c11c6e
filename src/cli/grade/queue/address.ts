/** Where a queue is: a Redis, as its URL names it. */
import { BadInput } from '../../exit.ts';

export const PASSWORD_VARIABLE = 'OOMPH_QUEUE_PASSWORD';
export const DEFAULT_PREFIX = 'oomph';

/** As ioredis takes it. */
export interface ConnectionFacts {
  host: string;
  port: number;
  db: number;
  username?: string;
  password?: string;
  tls?: Record<string, never>;
}

export interface QueueAddress {
  /** For people: without user and password. */
  shown: string;
  connection: ConnectionFacts;
  /** What all keys begin with. */
  prefix: string;
}

const FORMS = 'redis://host:port, redis://host:port/db, or rediss:// for TLS';

/**
 * What is wrong with a URL is said without repeating it: it may hold a password.
 *
 * @throws BadInput
 */
export function queueAddress(text: string, prefix: string, env: NodeJS.ProcessEnv): QueueAddress {
  const wrong = (what: string): BadInput => new BadInput(`--queue ${what}: write ${FORMS}`);
  if (!/^[\w{}.-]{1,64}$/.test(prefix)) {
    throw new BadInput('--queue-prefix may have letters, digits, . _ - { } and up to 64 of them');
  }
  if (!URL.canParse(text)) throw wrong('is no URL of a Redis');
  const url = new URL(text);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw wrong('is no URL of a Redis');
  if (url.hostname === '') throw wrong('names no host');
  if (url.search !== '' || url.hash !== '') throw wrong('has something after ? or #');
  const db = /^\/?(\d{0,5})$/.exec(url.pathname);
  if (db === null) throw wrong('has no number of a database after its /');
  // Redis has no user without a name: `redis://:secret@host` is the password of its default user.
  const password = url.password === '' ? (env[PASSWORD_VARIABLE] ?? '') : decoded(url.password, wrong);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    shown: `${url.protocol}//${url.host}${db[1] === '' ? '' : `/${db[1]}`}`,
    connection: {
      host,
      port: url.port === '' ? 6379 : Number(url.port),
      db: Number(db[1] || '0'),
      ...(url.username === '' ? {} : { username: decoded(url.username, wrong) }),
      ...(password === '' ? {} : { password }),
      ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
    },
    prefix,
  };
}

function decoded(part: string, wrong: (what: string) => BadInput): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw wrong('has a % in user or password that should be %25');
  }
}
