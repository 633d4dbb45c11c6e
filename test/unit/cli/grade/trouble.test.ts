import { Trouble } from '../../../../src/cli/grade/queue/trouble.ts';

test('what Redis refuses is said once, until it is over', () => {
  const said: string[] = [];
  const trouble = new Trouble(line => said.push(line));
  const oom = new Error("OOM command not allowed when used memory > 'maxmemory'.");
  trouble.met(oom);
  // A transaction says it in its own way.
  trouble.met(Object.assign(new Error('EXECABORT Transaction discarded'), { previousErrors: [oom] }));
  expect(said).toEqual([
    "Redis refuses (OOM command not allowed when used memory > 'maxmemory'.): trying on. It is full; give it more: redis-cli CONFIG SET maxmemory 256mb",
  ]);
  trouble.over();
  trouble.met(oom);
  expect(said).toHaveLength(2);
  trouble.met(new Error('ERR something else\nand more'));
  expect(said[2]).toBe('Redis refuses (ERR something else): trying on');
});

test('a connection that is gone says so itself', () => {
  const said: string[] = [];
  const trouble = new Trouble(line => said.push(line));
  trouble.met(Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' }));
  trouble.met(new AggregateError([new Error('a')]));
  trouble.met(new Error('Connection is closed.'));
  trouble.met(new Error('NOSCRIPT No matching script'));
  expect(said).toEqual([]);
});
