/** gfp masks of 2.6.0. Source: include/linux/gfp.h. */
export const __GFP_DMA = 0x01;
export const __GFP_HIGHMEM = 0x02;
export const GFP_ZONEMASK = 0x03;
export const __GFP_WAIT = 0x10;
export const __GFP_HIGH = 0x20;
export const __GFP_IO = 0x40;
export const __GFP_FS = 0x80;
export const __GFP_COLD = 0x100;
export const __GFP_NOWARN = 0x200;
export const __GFP_REPEAT = 0x400;
export const __GFP_NOFAIL = 0x800;
export const __GFP_NORETRY = 0x1000;
export const __GFP_NO_GROW = 0x2000;

export const GFP_ATOMIC = __GFP_HIGH;
export const GFP_NOIO = __GFP_WAIT;
export const GFP_NOFS = __GFP_WAIT | __GFP_IO;
export const GFP_KERNEL = __GFP_WAIT | __GFP_IO | __GFP_FS;
export const GFP_USER = GFP_KERNEL;
export const GFP_HIGHUSER = GFP_KERNEL | __GFP_HIGHMEM;
export const GFP_DMA = __GFP_DMA;

/** Every name a challenge or a policy may write, with its bits. */
export const GFP_NAMES: Readonly<Record<string, number>> = {
  GFP_ATOMIC,
  GFP_NOIO,
  GFP_NOFS,
  GFP_KERNEL,
  GFP_USER,
  GFP_HIGHUSER,
  GFP_DMA,
  __GFP_DMA,
  __GFP_HIGHMEM,
  __GFP_WAIT,
  __GFP_HIGH,
  __GFP_IO,
  __GFP_FS,
  __GFP_COLD,
  __GFP_NOWARN,
  __GFP_REPEAT,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_NO_GROW,
};
