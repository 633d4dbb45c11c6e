import type { Command } from 'commander';
import { nearest } from '../contract/nearest.ts';
import { ARCHES, boot, type MachineConfig } from '../engine/index.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { archesText, machineFacts, machineJson, machineText } from '../report/machine.ts';
import { parseMachine } from '../spec/machine.ts';
import { findChallenge } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_PASSED } from './exit.ts';
import { styleFor } from './terminal.ts';

interface MachineOptions {
  arch?: string;
  ram?: string;
  cpus?: string;
  boot?: string;
  bootOptions?: string;
  slab?: boolean;
  json?: boolean;
}

const KINDS = ['flat', 'bootmap', 'real'];

export function registerMachine(program: Command): void {
  program
    .command('machine')
    .summary('show zones, watermarks and addresses of a machine')
    .description(
      'Boot a machine, of a challenge or of your own, and show its zones, watermarks, per-CPU limits, zonelists and address layout. Alone: list the architectures.',
    )
    .argument('[challenge]', 'challenge file, its folder, or an id such as zones/the-sound-card')
    .option('--arch <name>', `${Object.keys(ARCHES).join(', ')} (default: i386)`)
    .option('--ram <size>', 'RAM, such as 64MiB (default: 64MiB)')
    .option('--cpus <n>', 'CPUs online, 1 to 8 (default: 1)')
    .option('--boot <kind>', 'flat, bootmap or real, as in a challenge (default: flat)')
    .option('--boot-options <text>', "the kernel's command line, such as mem=48M")
    .option('--slab', 'start the slab allocator too')
    .option('--json', 'print it as JSON (schemas/machine.schema.json)')
    .addHelpText(
      'after',
      `
Examples:
  oomph machine
  oomph machine --arch i386 --ram 1GiB --cpus 2
  oomph machine --arch alpha --ram 128MiB --boot real --json
  oomph machine --ram 512MiB --boot-options "mem=256M highmem=64M"
  oomph machine zones/the-sound-card`,
    )
    .action((challenge: string | undefined, options: MachineOptions) => {
      process.exitCode = machine(challenge, options);
    });
}

function machine(challenge: string | undefined, options: MachineOptions): number {
  const { json, ...own } = options;
  if (challenge === undefined && Object.keys(own).length === 0) {
    if (json) throw new BadInput('--json needs a machine: add --arch and --ram, or a challenge');
    process.stdout.write(archesText());
    return EXIT_PASSED;
  }
  let config: MachineConfig;
  if (challenge === undefined) config = configOf(own);
  else {
    const given = Object.keys(own)[0];
    if (given !== undefined)
      throw new BadInput(
        `a challenge has its own machine: leave out ${challenge} or the options for a machine`,
      );
    const { plan, diagnostics } = findChallenge(challenge);
    if (diagnostics.length > 0) process.stderr.write(diagnosticsText(diagnostics, styleFor(process.stderr)));
    if (plan === null) return EXIT_BAD_INPUT;
    config = plan.machine;
  }
  const facts = machineFacts(bootIt(config));
  process.stdout.write(json ? machineJson(facts) : machineText(facts));
  return EXIT_PASSED;
}

function bootIt(config: MachineConfig): ReturnType<typeof boot> {
  try {
    return boot(config);
  } catch (error) {
    if (error instanceof RangeError) throw new BadInput(`there is no such machine: ${error.message}`);
    throw error;
  }
}

/** The options as the `machine` of a challenge, so that one reader judges both. */
function configOf(options: MachineOptions): MachineConfig {
  const { arch = 'i386', ram = '64MiB', cpus = '1', boot: kind = 'flat', bootOptions, slab } = options;
  if (!Object.hasOwn(ARCHES, arch)) {
    const near = nearest(arch, Object.keys(ARCHES));
    const guess = near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'there is';
    throw new BadInput(
      `no architecture is called ${arch}: ${near.length > 0 ? guess : `${guess} ${Object.keys(ARCHES).join(', ')}`}`,
    );
  }
  if (!/^[\w.-]+$/.test(ram)) throw new BadInput(`${JSON.stringify(ram)} is no size: write --ram 64MiB`);
  if (!/^[1-8]$/.test(cpus)) throw new BadInput(`a machine has 1 to 8 CPUs, not ${cpus}`);
  if (!KINDS.includes(kind)) throw new BadInput(`no boot is called ${kind}: there is ${KINDS.join(', ')}`);
  const keys = [`arch: ${arch}`, `ram: ${ram}`, `cpus: ${cpus}`, `boot: ${kind}`];
  if (bootOptions !== undefined) keys.push(`boot_options: ${JSON.stringify(bootOptions)}`);
  if (slab) keys.push('slab: true');
  const read = parseMachine(`{${keys.join(', ')}}`);
  if ('config' in read) return read.config;
  const { message, expected, suggestions } = read.faults[0];
  const guess = suggestions === undefined ? '' : `; did you mean ${suggestions.join(' or ')}?`;
  throw new BadInput(`${message}: expected ${expected}${guess}`);
}
