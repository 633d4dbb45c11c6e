import { boot, MAX_ORDER, nrFree } from '../../../../src/engine/index.ts';
import { buddyinfo } from '../../../../src/report/proc/buddyinfo.ts';
import { plan } from '../../workload/plans.ts';

test('/proc/buddyinfo, byte for byte', () => {
  const m = boot({ ...plan([]).machine, ramPages: 262144 });
  expect(buddyinfo(m).replaceAll(' \n', '$\n')).toMatchInlineSnapshot(`
"Node 0, zone      DMA      0      1      0      1      1      1      1      1      1      1      3$
Node 0, zone   Normal      0      0      0      0      0      1      0      1      1      1    219$
Node 0, zone  HighMem      0      0      0      0      1      0      1      1      1      1     31$
"
`);
  const numbers = buddyinfo(m).split('\n')[1].slice('Node 0, zone   Normal '.length);
  expect(numbers).toHaveLength(7 * MAX_ORDER);
  expect(Number(numbers.slice(-8))).toBe(nrFree(m, 1, 10));
});

test('zones without pages have no line', () => {
  expect(
    buddyinfo(boot({ ...plan([]).machine, ramPages: 4096 }))
      .trim()
      .split('\n'),
  ).toHaveLength(1);
});
