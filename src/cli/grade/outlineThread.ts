/** The thread of outlines.ts: nobody knows how long the parsers take for a text that was written to keep them. */
import { parentPort } from 'node:worker_threads';
import type { PolicySource } from '../../contract/policy.ts';
import { outlineOf } from '../../policy/compile/outline.ts';

parentPort!.on('message', (source: PolicySource) => parentPort!.postMessage(outlineOf(source)));
