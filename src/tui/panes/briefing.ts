/** All there is to know before a run: story, goals, score, machine, policy, hints uncovered so far. */
import { HOOK_MEANING } from '../../contract/hooks.ts';
import { METRICS, type MetricName } from '../../contract/metrics.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import { ARCHES } from '../../engine/index.ts';
import { metricText } from '../../harness/metrics.ts';
import { areTasksAsked } from '../../report/requestText.ts';
import { Cells } from '../cells.ts';
import { Document, drawDocument, scrollEnd } from '../document.ts';
import { grouped, length, metric, pagesSize } from '../format.ts';
import { lookOf } from '../look.ts';
import { entryOf, type Model, progressOf, seedOf } from '../model.ts';
import { stepNumbers, taskHead, taskSteps } from '../workloadText.ts';

/** From this width on the story and the facts stand side by side. */
const SIDE_BY_SIDE = 140;
const STORY_COLUMNS = 76;

function story(model: Model, plan: ChallengePlan, width: number): Document {
  const look = lookOf(model);
  const text = new Document(width, look);
  text.flow(plan.title, look.theme.title);
  text.blank();
  text.flow(plan.story);
  return text;
}

function facts(model: Model, plan: ChallengePlan, width: number): Document {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  const text = new Document(width, look);
  const entry = entryOf(model);
  const item = { text: `  ${glyphs.bullet} `, style: theme.accent };
  const told = new Set<MetricName>();
  const meaning = (metric: MetricName): void => {
    if (!told.has(metric)) text.flow(METRICS[metric].meaning, theme.dim, { text: '    ', style: 0 });
    told.add(metric);
  };

  text.heading('Goals', 'all of them must be met');
  for (const goal of plan.goals) {
    text.flow(goal.text, theme.text, item);
    meaning(goal.metric);
  }

  text.heading('Your policy');
  for (const hook of plan.policy.hooks) text.flow(`${hook}: ${HOOK_MEANING[hook]}`, theme.text, item);
  if (plan.policy.hooks.length === 0) text.flow('This challenge opens no hook.', theme.text, item);
  if (entry.policyExists) text.flow(`in ${entry.policyPath}`, theme.good, item);
  else {
    const start = model.keys ? `; e starts ${entry.policyPath}` : '';
    text.flow(`none yet, so Linux decides${start}`, theme.warn, item);
  }

  if (plan.score.length > 0) {
    text.heading(
      'Stars',
      `${glyphs.star} goals  ${glyphs.star.repeat(2)} all at par  ${glyphs.star.repeat(3)} all at gold`,
    );
    for (const axis of plan.score) {
      const sign = axis.better === 'lower' ? glyphs.atMost : glyphs.atLeast;
      const { unit } = METRICS[axis.metric];
      text.flow(
        `${metricText(plan, axis.metric, axis.where)}: par ${sign} ${metric(axis.par, unit)}, gold ${sign} ${metric(axis.gold, unit)}`,
        theme.text,
        item,
      );
      meaning(axis.metric);
    }
  }

  const { machine, workload } = plan;
  text.heading('Machine');
  const cpus = machine.cpus === 1 ? '1 CPU' : `${machine.cpus} CPUs`;
  text.flow(
    `${machine.arch}, ${pagesSize(machine.ramPages, ARCHES[machine.arch].pageBytes)} of RAM (${grouped(machine.ramPages)} pages), ${cpus}`,
    theme.text,
    item,
  );
  const minFree = machine.minFreeKbytes < 0 ? 1024 : machine.minFreeKbytes;
  text.flow(
    `vm.min_free_kbytes ${grouped(minFree)}, vm.lower_zone_protection ${machine.lowerZoneProtection}`,
    theme.text,
    item,
  );
  if (plan.seeds.length > 1) {
    text.flow(
      `runs on ${plan.seeds.length} seeds, all must be won; you watch seed ${seedOf(model)}`,
      theme.text,
      item,
    );
  }

  text.heading('Workload', `${length(workload.lengthUs)} of simulated time`);
  const asTask = areTasksAsked(plan.policy.hooks);
  const numbers = stepNumbers(plan.policy.hooks);
  if (asTask) {
    const site = numbers.taking ? ', #N before a step request.site' : '';
    text.flow(`the number before a task is request.task${site}`, theme.dim, { text: '  ', style: 0 });
  }
  workload.tasks.forEach((task, i) => {
    const head = taskHead(task, workload.lengthUs, glyphs.times);
    text.flow(asTask ? `${i} ${head}` : head, theme.text, item);
    const steps = taskSteps(task, glyphs.times, workload.named, numbers);
    text.flow(steps, theme.dim, { text: '    ', style: 0 });
  });

  const { hints } = progressOf(model);
  if (plan.hints.length > 0 && model.keys) {
    text.heading(
      'Hints',
      hints < plan.hints.length
        ? `h uncovers one (${hints} of ${plan.hints.length})`
        : hints === plan.hints.length && plan.explanation.trim() !== ''
          ? 'h tells what the real kernel does'
          : '',
    );
    plan.hints.slice(0, hints).forEach((hint, i) => {
      text.flow(hint, theme.text, { text: `  ${i + 1} `, style: theme.accent });
    });
  }
  const won = progressOf(model).stars > 0;
  if (model.keys && plan.explanation.trim() !== '' && (won || (hints > plan.hints.length && hints > 1))) {
    text.heading('What the real kernel does');
    text.flow(plan.explanation, theme.text, { text: '  ', style: 0 });
  }
  return text;
}

/** The whole briefing as one text. */
export function briefingDocument(model: Model, plan: ChallengePlan, width: number): Document {
  const text = story(model, plan, width);
  text.append(facts(model, plan, width));
  return text;
}

const columnsOf = (width: number): number => Math.min(STORY_COLUMNS, width - 4);

/** Lines the briefing can be scrolled by. */
export function briefingScroll(model: Model, width: number, height: number): number {
  const { plan } = entryOf(model);
  if (!plan) return 0;
  if (width < SIDE_BY_SIDE) return scrollEnd(briefingDocument(model, plan, columnsOf(width)), height - 2);
  const right = facts(model, plan, width - STORY_COLUMNS - 8);
  return Math.max(scrollEnd(story(model, plan, STORY_COLUMNS), height - 2), scrollEnd(right, height - 2));
}

export function briefing(model: Model, width: number, height: number): Cells {
  const cells = new Cells(width, height);
  const { plan } = entryOf(model);
  if (!plan) return cells;
  const inner = { y: 1, height: height - 2 };
  if (width < SIDE_BY_SIDE) {
    const columns = columnsOf(width);
    drawDocument(
      cells,
      { x: 2, width: columns, ...inner },
      briefingDocument(model, plan, columns),
      model.scroll,
    );
    return cells;
  }
  const right = width - STORY_COLUMNS - 8;
  drawDocument(
    cells,
    { x: 2, width: STORY_COLUMNS, ...inner },
    story(model, plan, STORY_COLUMNS),
    model.scroll,
  );
  drawDocument(
    cells,
    { x: STORY_COLUMNS + 6, width: right, ...inner },
    facts(model, plan, right),
    model.scroll,
  );
  return cells;
}
