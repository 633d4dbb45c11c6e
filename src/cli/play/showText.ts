/** A text on the terminal as it was before the game, where it can be copied. */

/** Wait for a line, or the end of the input. */
export function showText(text: string): Promise<void> {
  const { stdin, stdout } = process;
  stdout.write(`\n${text}\n\nCopy the line above; Enter goes back to the game. `);
  return new Promise(resolve => {
    const seen = (): void => {
      stdin.off('data', seen);
      stdin.off('end', seen);
      resolve();
    };
    stdin.on('data', seen);
    stdin.once('end', seen);
    stdin.resume();
  });
}
