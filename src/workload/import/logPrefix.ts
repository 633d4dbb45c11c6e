/**
 * What stands before the kernel's own words in a log: syslog, journalctl, dmesg with and without -T, printk's level, a
 * serial console's clock, the quotation marks of a mail. Any number of them, in any order.
 */
const PREFIXES: readonly RegExp[] = [
  // A quoted mail.
  /^(?:>\s?)+/,
  // <4>, and <4>[ 12.3]
  /^<\d{1,3}>/,
  // [123.456], [   12.345678][    T1], [12345.6@0], [Mon Apr 20 15:08:07 2020], [Sep 23 22:56:09], in any language
  /^\[\s*\d+(?:-\d+)?\.\d+(?:@\d+)?\]/,
  /^\[\s*[TC]\d+\]/,
  /^\[[^\]\d]{0,24}\d{1,2}[^\]\d]{1,8}\d\d:\d\d:\d\d(?:[.,]\d+)?(?: \d{4})?\]/,
  // Nov 12 03:11:22 host kernel: / host / host last
  /^[A-Z][a-z]{2}\s+\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d+)?\s+\S+\s+(?:kernel|klogd|vmunix|unknown)\S*:(?: |$)/,
  // 2024-02-09T08:09:39.123456+01:00 host kernel:
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\s+(?:\S+\s+)?kernel\S*:(?: |$)/,
  // kern kernel: after a clock of its own, kern  :warn  : of dmesg -x
  /^(?:\S+ )?kernel:(?: |$)/,
  /^kern\s+:\w+\s*:/,
  // .(1)[3386:bwrap] of MediaTek
  /^[. -]\(\d\)\[\d+:[^\]]*\]/,
  // KERNEL WARNING: of Android's logcat: none known; a syslog without the word kernel.
  /^[A-Z][a-z]{2}\s+\d{1,2} \d\d:\d\d:\d\d\s+\S+\s+/,
];

/** A line without what the log put before it, and without the marks of quoted-printable. */
export function withoutPrefix(line: string): string {
  let text = line;
  for (let again = true; again; ) {
    again = false;
    const trimmed = text.trimStart();
    for (const prefix of PREFIXES) {
      const found = prefix.exec(trimmed);
      if (found === null || found[0] === '') continue;
      text = trimmed.slice(found[0].length);
      again = true;
      break;
    }
  }
  return text.trim().replaceAll('=3D', '=');
}
