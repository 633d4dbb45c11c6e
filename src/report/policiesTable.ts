import { BUILTIN_POLICIES } from '../policy/builtin.ts';
import { columns, wrap } from './wrap.ts';

/** `oomph policies`: name, hooks, meaning. */
export function policiesText(): string {
  const lines: string[] = [];
  for (const { name, hooks, partial, meaning } of BUILTIN_POLICIES) {
    const which = partial ? 'any hook' : hooks.join(', ');
    lines.push(...columns([[`builtin:${name}`, which]], []), ...wrap(meaning, '    '));
  }
  return `${lines.join('\n')}\n`;
}

/** The same for programs: an array of { name, hooks, partial, meaning }; `--policy builtin:NAME` plays one. */
export function policiesJson(): string {
  return `${JSON.stringify(BUILTIN_POLICIES, null, 2)}\n`;
}
