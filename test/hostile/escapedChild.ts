/**
 * Code that has broken out of its realm, as far as that can be: it runs in the sandboxed process itself. It tries what a
 * thief would, before and after the process was scrubbed, and says what worked.
 */
import { encodeJson, FRAME_READY } from '../../src/harness/sandbox/frames.ts';
import { scrub } from '../../src/harness/sandbox/scrub.ts';

type Result = Record<string, string>;

async function attempt(found: Result, name: string, what: () => unknown): Promise<void> {
  try {
    found[name] = `worked: ${String(await what()).slice(0, 60)}`;
  } catch (error) {
    found[name] = `failed: ${(error as { code?: string }).code ?? (error as Error).message}`;
  }
}

async function main(): Promise<void> {
  const [target, scratch, port] = JSON.parse(process.argv[2] ?? process.env['ESCAPED'] ?? '["","",0]') as [
    string,
    string,
    number,
  ];
  const fs = await import('node:fs');
  const { spawnSync } = await import('node:child_process');
  const { Worker } = await import('node:worker_threads');
  const { connect } = await import('node:net');
  const found: Result = {};
  await attempt(found, 'read a file', () => fs.readFileSync(target, 'utf8').length);
  await attempt(found, 'list a folder', () => fs.readdirSync('/').length);
  await attempt(found, 'write a file', () => fs.writeFileSync(scratch, 'x'));
  await attempt(found, 'start a process', () => {
    const { error, status } = spawnSync(process.execPath, ['-e', '0']);
    if (error) throw error;
    return status;
  });
  await attempt(found, 'start a thread', () => new Worker('0', { eval: true }).threadId);
  await attempt(found, 'make code of a string', () => new Function('return 1')());
  // biome-ignore lint/security/noGlobalEval: that it fails is what is tested
  await attempt(found, 'eval', () => globalThis.eval('1'));
  await attempt(found, 'see the environment', () => {
    const names = Object.keys(process.env);
    if (names.length === 0) throw new Error('empty');
    return names.join();
  });
  await attempt(found, 'connect', () => {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve('connected');
      });
      socket.on('error', reject);
      setTimeout(() => reject(new Error('silence')), 2000);
    });
  });
  const { writeSync } = fs;
  const names = [
    'fetch',
    'WebSocket',
    'WebAssembly',
    'setTimeout',
    'Atomics',
    'SharedArrayBuffer',
    'queueMicrotask',
    'structuredClone',
    'Buffer',
  ];
  const methods = [
    'kill',
    'binding',
    '_linkedBinding',
    'dlopen',
    'getBuiltinModule',
    'exit',
    'abort',
    'reallyExit',
    '_kill',
    'env',
    'argv',
    'mainModule',
    'chdir',
    'emit',
    'on',
    'constructor',
    'report',
    'permission',
  ];
  for (const when of ['before', 'after']) {
    if (when === 'after') scrub();
    const { process } = globalThis as unknown as { process?: Record<string, unknown> };
    for (const name of names) found[`${name} ${when}`] = typeof (globalThis as Record<string, unknown>)[name];
    for (const name of methods) found[`process.${name} ${when}`] = typeof heldProcess[name];
    found[`process ${when}`] = typeof process;
  }
  writeSync(3, encodeJson(FRAME_READY, found));
}

const heldProcess = process as unknown as Record<string, unknown>;
void main();
