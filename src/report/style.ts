/** How words stand out. The terminal's colours come from `cli`; reports know only what a word means. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  dim(text: string): string;
  strong(text: string): string;
}

const same = (text: string): string => text;

export const PLAIN: Style = { good: same, bad: same, dim: same, strong: same };
