import type { Diagnostic } from '../contract/diagnostic.ts';
import { decode, fileDiagnostic } from './decode.ts';
import { loadDocument } from './document.ts';
import { Findings } from './findings.ts';
import { checkShape } from './shape.ts';
import { checkWidth } from './texts.ts';
import { field, textOf } from './values.ts';

export interface ChapterLoad {
  /** Null exactly when a diagnostic is an error. */
  chapter: { title: string; text: string } | null;
  diagnostics: Diagnostic[];
}

const EXAMPLE = '`chapter: 1`, a `title` and a `text`';

/** Turn the bytes of a chapter.yaml into what a campaign shows of the chapter. */
export function parseChapter(bytes: Uint8Array, file: string): ChapterLoad {
  const decoded = decode(bytes, file);
  if ('diagnostic' in decoded) return { chapter: null, diagnostics: [decoded.diagnostic] };
  const findings = new Findings(file, decoded.text);
  const root = loadDocument(decoded.text, findings, EXAMPLE);
  if (root !== null && root.entries === null) {
    findings.error(root, 'E-TOP-LEVEL', 'the file holds no map of keys', { expected: EXAMPLE });
  } else if (root !== null && !checkShape(root, findings, 'chapter') && !findings.hasErrors) {
    findings.error(root, 'E-SHAPE', 'the file does not satisfy schemas/chapter.schema.json', {
      expected: 'a valid chapter',
    });
  }
  checkWidth(findings, field(root ?? undefined, 'text'));
  const diagnostics = findings.sorted();
  const title = textOf(field(root ?? undefined, 'title'));
  const text = textOf(field(root ?? undefined, 'text'));
  if (findings.hasErrors || title === undefined || text === undefined) return { chapter: null, diagnostics };
  return { chapter: { title: title.trim(), text: text.trimEnd() }, diagnostics };
}

/** @param file  the chapter.yaml that a folder of challenges lacks */
export function chapterMissing(file: string): Diagnostic {
  const message = 'the chapter has no chapter.yaml: it is called as its folder is';
  return { ...fileDiagnostic(file, 'W-CHAPTER-MISSING', message, EXAMPLE), severity: 'warning' };
}
