const kept: number[][] = [];

export default {
  block() {
    for (;;) kept.push(new Array(1_000_000).fill(kept.length));
  },
};
