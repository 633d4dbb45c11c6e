import type { ZonelistMem, ZonelistRequest } from 'oomph';

export const comesBack = (request: ZonelistRequest, mem: ZonelistMem): boolean => request.owner === mem.USER;

/** 100 buffers of four pages, and a fifth more because free pages lie scattered. */
export const enoughFor = (mem: ZonelistMem): boolean => mem.free(mem.DMA) > 480;
