/** Bytes of a line that are looked at; what is longer is no line of any log that is read here. */
const MAX_LINE = 1 << 16;
const NEWLINE = 0x0a;

/** A line of a file, with its number from 1, without its end. */
export type TakeLine = (line: string, number: number) => void;

/**
 * Cut a stream of bytes into lines, in memory that does not grow with the stream.
 *
 * Bytes are taken as Latin-1: what is read is ASCII, and names in other encodings are told apart all the same.
 *
 * @param chunks  as a file, a pipe or gunzip gives them
 * @returns       number of lines
 */
export async function eachLine(chunks: AsyncIterable<Uint8Array>, take: TakeLine): Promise<number> {
  let number = 0;
  let rest = '';
  let tooLong = false;
  const emit = (line: string): void => {
    number++;
    if (!tooLong) take(line.endsWith('\r') ? line.slice(0, -1) : line, number);
    tooLong = false;
  };
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const text = bytes.toString('latin1');
    let from = 0;
    if (rest !== '' || tooLong) {
      const end = bytes.indexOf(NEWLINE);
      if (end < 0) {
        if (!tooLong) rest += text;
        if (rest.length > MAX_LINE) {
          rest = '';
          tooLong = true;
        }
        continue;
      }
      emit(rest + text.slice(0, end));
      rest = '';
      from = end + 1;
    }
    for (let end = text.indexOf('\n', from); end >= 0; end = text.indexOf('\n', from)) {
      emit(text.slice(from, end));
      from = end + 1;
    }
    // A copy of its own: a slice would keep the chunk alive.
    rest = from < text.length ? Buffer.from(text.slice(from), 'latin1').toString('latin1') : '';
  }
  if (rest !== '' || tooLong) emit(rest);
  return number;
}

/** Lines that look like what is read and cannot be, with their numbers: the first few, and how many there are. */
export class BrokenLines {
  static readonly KEPT = 20;
  count = 0;
  readonly first: { file: string; line: number; why: string }[] = [];

  add(file: string, line: number, why: string): void {
    this.count++;
    if (this.first.length < BrokenLines.KEPT) this.first.push({ file, line, why });
  }
}
