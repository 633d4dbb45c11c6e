import { queueAddress } from '../../../../src/cli/grade/queue/address.ts';
import { refusal } from '../../../../src/cli/grade/queue/connection.ts';
import { resultOf } from '../../../../src/cli/grade/queue/jobs.ts';

const at = (url: string, prefix = 'oomph', env = {}) => queueAddress(url, prefix, env);

test('where a queue is', () => {
  expect(at('redis://marks.example.edu')).toEqual({
    shown: 'redis://marks.example.edu',
    connection: { host: 'marks.example.edu', port: 6379, db: 0 },
    prefix: 'oomph',
  });
  expect(at('rediss://tea:s%40lt%25@[::1]:6380/2', '{hw1}')).toEqual({
    shown: 'rediss://[::1]:6380/2',
    connection: { host: '::1', port: 6380, db: 2, username: 'tea', password: 's@lt%', tls: {} },
    prefix: '{hw1}',
  });
  const env = { OOMPH_QUEUE_PASSWORD: 'fromenv' };
  expect(at('redis://h', 'oomph', env).connection.password).toBe('fromenv');
  expect(at('redis://:own@h', 'oomph', env).connection.password).toBe('own');
});

test.each([
  'localhost:6379',
  'http://u:topsecret@h',
  'redis://',
  'redis://u:topsecret@h/x',
  'redis://u:topsecret%@h',
  'redis://u:topsecret@h?family=6',
  'redis://u:topsecret@h:notaport',
])('%s is refused, and its password is not repeated', url => {
  expect(() => at(url)).toThrow(/^--queue .*: write redis:\/\/host:port/);
  expect(() => at(url)).not.toThrow(/topsecret/);
});

test('a prefix that would mix with other keys is refused', () => {
  expect(() => at('redis://h', 'a:b')).toThrow('--queue-prefix');
  expect(() => at('redis://h', '')).toThrow('--queue-prefix');
});

test('what a worker sends is a result of the job, or nothing', () => {
  const job = {
    key: 'k',
    owner: 'o',
    challenge: 0,
    policy: { entry: 'a.ts', files: [] },
    seeds: [1, 7],
    publicSeeds: 1,
  };
  const played = { kind: 'played', policyHash: 'h', tokens: 3, seeds: [{ seed: 1 }, { seed: 7 }] };
  expect(resultOf(job, played)).toBe(played);
  for (const seeds of [[{ seed: 1 }], [{ seed: 7 }, { seed: 1 }], [null, { seed: 7 }], 'all', undefined])
    expect(resultOf(job, { ...played, seeds })).toBeNull();
  const refused = { kind: 'refused', message: 'm', diagnostics: [] };
  expect(resultOf(job, refused)).toBe(refused);
  for (const value of [null, 3, [], {}, { ...refused, message: 1 }, { ...refused, kind: 'missing' }])
    expect(resultOf(job, value)).toBeNull();
});

test('a Redis with a password says where to put it', () => {
  const shown = 'redis://marks:6379';
  expect(refusal('NOAUTH Authentication required.', { shown })?.message).toBe(
    'redis://marks:6379 asks for a password: give it in $OOMPH_QUEUE_PASSWORD, or in --queue as redis://:PASSWORD@host',
  );
  expect(refusal('WRONGPASS invalid username-password pair', { shown })?.message).toBe(
    'redis://marks:6379 refuses the user or the password (WRONGPASS): look at them in --queue and $OOMPH_QUEUE_PASSWORD',
  );
  expect(refusal('LOADING Redis is loading', { shown })).toBeNull();
});
