/** Unsent work as one file that a person can send by any other way: answers and photos. */

/** @param {import('../types.js').Store} store @param {import('../types.js').Visit[]} visits */
export async function exportOf(store, visits) {
  const kept = [];
  for (const visit of visits) {
    const photos = await store.photosOf(visit.id);
    kept.push({
      visit,
      photos: await Promise.all(
        photos.map(async ({ blob, ...photo }) => ({
          ...photo,
          picture: blob ? await asText(blob) : null,
        })),
      ),
    });
  }
  return new Blob([
    JSON.stringify({ kind: 'plumbline-unsent', saved_at: new Date().toISOString(), visits: kept }),
  ], {
    type: 'application/json',
  });
}

/** @param {Blob} blob */
async function asText(blob) {
  let text = '';
  for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
  return `data:${blob.type};base64,${btoa(text)}`;
}

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const link = Object.assign(document.createElement('a'), {
    href: URL.createObjectURL(blob),
    download: name,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
