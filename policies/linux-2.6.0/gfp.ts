import type { GfpRequest } from 'oomph';

/** The mask is in the source of whoever calls, and the kernel believes it. */
export function gfp(request: GfpRequest): number {
  return request.gfp;
}
