/** `oomph play`: the game on a terminal, linear text everywhere else. */
import type { Command } from 'commander';
import type { Chapter } from '../contract/chapter.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import type { ChallengeEntry } from '../tui/gameRun.ts';
import { colourDepth, localeIsUtf8, THEME_NAMES, type ThemeName, usualTheme } from '../tui/theme.ts';
import { CHALLENGE_FILE, chaptersOf, findChallenge, shippedChallenges } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_PASSED } from './exit.ts';
import { dailyEntry, dateOf } from './play/daily.ts';
import { entryOf, listChallenges, POLICY_FOLDER } from './play/entries.ts';
import { playLinear } from './play/linear.ts';
import { playInLines } from './play/lines.ts';
import { HarnessServices } from './play/services.ts';
import { dataFolder, homeFolder } from './store/dataFolder.ts';
import { engineVersion } from './store/engineVersion.ts';
import { HistoryFile } from './store/history.ts';
import { styleFor } from './terminal.ts';

export interface PlayOptions {
  challenges?: string;
  policies: string;
  data?: string;
  linear?: boolean;
  daily?: boolean;
  ascii?: boolean;
  theme?: string;
  mouse?: boolean;
}

export function registerPlay(program: Command): void {
  program
    .command('play')
    .summary('play the challenges in the terminal')
    .description(
      'Play the challenges in the terminal. With --linear, or with commands from a pipe, the game is a conversation in plain lines; without any command one challenge is played once.',
    )
    .argument(
      '[challenge]',
      'open this one: challenge file, its folder, or an id such as zones/the-sound-card',
    )
    .option(
      '--challenges <folder>',
      'play the challenges of this folder (default: those that come with oomph)',
    )
    .option('--policies <folder>', 'where your policies are kept', POLICY_FOLDER)
    .option('--data <folder>', 'where your progress is kept (default: $OOMPH_DATA, or with your other data)')
    .option('--daily', 'open the challenge of the day: one challenge and one seed, the same for everybody')
    .option('--linear', 'plain lines, no screen: for screen readers and pipes')
    .option(
      '--theme <name>',
      `colours: ${THEME_NAMES.join(', ')} (default: $OOMPH_THEME, or by the terminal)`,
    )
    .option('--mouse', 'clicks and the wheel belong to the game (M switches it)')
    .option('--ascii', 'draw with ASCII signs only')
    .addHelpText(
      'after',
      `
Examples:
  oomph play
  oomph play zones/the-sound-card
  oomph play my-challenge.yaml --ascii
  oomph play --linear
  oomph play < commands.txt
  oomph play --daily
  oomph play --theme colour-blind --mouse

Your policy for zones/the-sound-card is oomph-policies/zones/the-sound-card.ts.
$VISUAL or $EDITOR opens it; NO_COLOR and the locale are respected.`,
    )
    .action(async (name: string | undefined, options: PlayOptions) => {
      process.exitCode = await play(name, options);
    });
}

export async function play(name: string | undefined, options: PlayOptions): Promise<number> {
  const { entries, open, chapters } = choose(name, options);
  const [only] = entries;
  if (entries.length === 1 && !only.plan) {
    process.stderr.write(diagnosticsText(only.diagnostics, styleFor(process.stderr)));
    return EXIT_BAD_INPUT;
  }
  const { stdin, stdout, env } = process;
  const theme = themeFor(options.theme, env);
  const folder = dataFolder(options.data, env, process.platform, homeFolder());
  const services = new HarnessServices(options.policies, new HistoryFile(folder, engineVersion()));
  if (options.linear || !stdin.isTTY || !stdout.isTTY || env['TERM'] === 'dumb') {
    const { recommended } = await import('../tui/model.ts');
    const progress = services.history.progress(entries).map(kept => ({ ...kept, seed: 0 }));
    const next = recommended({ entries, progress });
    const first = open >= 0 ? open : next >= 0 ? next : entries.findIndex(one => one.plan && !one.daily);
    const entry = entries[first];
    if (!entry?.plan) {
      process.stderr.write(diagnosticsText((entry ?? only).diagnostics, styleFor(process.stderr)));
      return EXIT_BAD_INPUT;
    }
    // Nobody sees a prompt whose output goes elsewhere, such as into a pager that reads the keys itself.
    const asking = stdin.isTTY && stdout.isTTY;
    const commands =
      stdin.isTTY && !stdout.isTTY
        ? 0
        : await playInLines({
            entries,
            chapters,
            utcOffsetMinutes: -new Date().getTimezoneOffset(),
            open,
            named: open >= 0,
            services,
            input: stdin,
            output: stdout,
            asking,
          });
    if (commands === 0 && !asking) {
      if (services.history.notice !== '') process.stderr.write(`${services.history.notice}\n`);
      await playLinear(entry, services, text => stdout.write(text));
    }
    services.history.flush();
    return EXIT_PASSED;
  }
  const { playOnTerminal } = await import('./play/onTerminal.ts');
  const utf8 = localeIsUtf8(env, process.platform);
  return playOnTerminal({
    entries,
    chapters,
    utcOffsetMinutes: -new Date().getTimezoneOffset(),
    open,
    services,
    glyphs: options.ascii || !utf8 ? 'ascii' : 'unicode',
    colours: colourDepth(env),
    theme,
    mouse: options.mouse ?? false,
  });
}

/** @throws BadInput there is no theme of that name */
function themeFor(named: string | undefined, env: NodeJS.ProcessEnv): ThemeName {
  const wanted = named ?? env['OOMPH_THEME'];
  if (wanted === undefined || wanted === '') return usualTheme(env);
  const found = THEME_NAMES.find(name => name === wanted);
  if (found !== undefined) return found;
  const from = named === undefined ? 'OOMPH_THEME' : '--theme';
  throw new BadInput(`${from}: there is no theme ${wanted}, there are ${THEME_NAMES.join(', ')}`);
}

interface Chosen {
  entries: ChallengeEntry[];
  open: number;
  chapters: Chapter[];
}

/** The list of challenges, and which of them to open at once (-1: none). */
function choose(name: string | undefined, options: PlayOptions): Chosen {
  const folder = options.challenges ?? shippedChallenges;
  if (options.daily && name !== undefined) {
    throw new BadInput(`--daily and ${name} were both given: the day chooses its challenge`);
  }
  const campaign = listChallenges(folder, options.policies);
  const daily = dailyEntry(campaign, dateOf(Date.now()));
  if (options.daily && daily === null) throw new BadInput(`no challenge of ${folder} asks for a policy`);
  const entries = daily === null ? campaign : [daily, ...campaign];
  if (options.daily) return { entries, open: 0, chapters: chaptersOf(folder) };
  const open = entries.findIndex(entry => !entry.daily && (entry.id === name || entry.name === name));
  if (name !== undefined && open < 0) {
    const found = findChallenge(name);
    if (found.plan?.goals.length === 0) {
      throw new BadInput(
        `${name} has no goal to be won: \`oomph test ${name}\` holds it against what it expects`,
      );
    }
    return { entries: [entryOf(found, options.policies)], open: 0, chapters: [] };
  }
  if (campaign.length === 0) throw new BadInput(`${folder} has no ${CHALLENGE_FILE} in it or below`);
  return { entries, open, chapters: chaptersOf(folder) };
}
