import { parse } from 'parse5';

export interface Node {
  nodeName: string;
  attrs?: { name: string; value: string }[];
  childNodes?: Node[];
  value?: string;
}

/** Every element of a page, which must be well-formed: no error of the HTML parser. */
export function elements(html: string): Node[] {
  const errors: string[] = [];
  const document = parse(html, { onParseError: error => errors.push(`${error.code} at ${error.startLine}`) });
  expect(errors).toEqual([]);
  const found: Node[] = [];
  const walk = (node: Node): void => {
    found.push(node);
    node.childNodes?.forEach(walk);
  };
  walk(document as unknown as Node);
  return found;
}

/** Nothing that runs, nothing that is fetched, ids that are there and unique, a title for every picture. */
export function expectHarmless(html: string): void {
  const all = elements(html);
  const names = new Set(all.map(node => node.nodeName));
  for (const name of ['script', 'img', 'iframe', 'link', 'object', 'base', 'form'])
    expect(names.has(name)).toBe(false);
  expect(html).not.toMatch(/https?:|url\((?!#)|@import|javascript:/);
  const ids = all.flatMap(
    node => node.attrs?.filter(({ name }) => name === 'id').map(({ value }) => value) ?? [],
  );
  expect(new Set(ids).size).toBe(ids.length);
  for (const { attrs = [], nodeName, childNodes } of all) {
    for (const { name, value } of attrs) {
      expect(name).not.toMatch(/^on|^src$/);
      if (name === 'aria-labelledby') for (const id of value.split(' ')) expect(ids).toContain(id);
    }
    const hidden = attrs.some(({ name, value }) => name === 'aria-hidden' && value === 'true');
    if (nodeName === 'svg' && !hidden)
      expect(childNodes!.some(child => child.nodeName === 'title')).toBe(true);
    if (nodeName === 'html') expect(attrs).toContainEqual({ name: 'lang', value: 'en' });
  }
}

export const textOf = (html: string): string =>
  elements(html)
    .map(({ nodeName, value }) => (nodeName === '#text' ? value : ''))
    .join(' ');
