/**
 * The sandboxed process: compiles one policy, then plays tapes with it as the machine's hooks and tells every decision.
 * It is started by client.ts, with Node's permission model and an empty environment.
 */

import { FRAME_LOAD, FRAME_LOADED, FRAME_READY, FRAME_RUN } from './frames.ts';
import { Pipes } from './pipes.ts';
import { PolicyProcess } from './policyProcess.ts';
import { scrub } from './scrub.ts';

function main(pipes: Pipes, decode: (bytes: Uint8Array) => unknown): void {
  const policy = new PolicyProcess(pipes);
  pipes.json(FRAME_READY, {});
  for (let frame = pipes.next(); frame !== null; frame = pipes.next()) {
    if (frame.type === FRAME_LOAD) pipes.json(FRAME_LOADED, policy.load(decode(frame.payload) as never));
    else if (frame.type === FRAME_RUN) policy.run(decode(frame.payload) as never);
    else throw new Error(`a frame of type ${frame.type}`);
  }
}

const decoder = new TextDecoder();
const pipes = new Pipes();
scrub();
main(pipes, bytes => JSON.parse(decoder.decode(bytes)));
