/**
 * What this device keeps: its wallets with their keys, and the orders it has signed.
 *
 * IndexedDB holds a CryptoKey without ever showing its bytes. One database for the origin:
 *   wallets  key `role` ("person" | "merchant"): one wallet of each role on a device
 *   orders   key `id`: see outbox.js
 */

const NAME = "nagara";
const VERSION = 1;

/** @returns {Promise<Vault>} @throws {DOMException} when the browser keeps nothing */
export async function openVault() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("wallets", { keyPath: "role" });
    request.result.createObjectStore("orders", { keyPath: "id" });
  };
  return new Vault(await answer(request));
}

/** A promise for what an IndexedDB request answers. */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

class Vault {
  constructor(database) {
    this.database = database;
  }

  /** @returns {Promise<object|undefined>} */
  get(store, key) {
    return answer(this.database.transaction(store).objectStore(store).get(key));
  }

  /** @returns {Promise<object[]>} every record, in the order of their keys */
  all(store) {
    return answer(this.database.transaction(store).objectStore(store).getAll());
  }

  /** Writes and waits until the disk has it: a promise kept before anything leaves the device. */
  put(store, record) {
    return this.#write(store, (records) => records.put(record));
  }

  delete(store, key) {
    return this.#write(store, (records) => records.delete(key));
  }

  #write(store, change) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(store, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      change(transaction.objectStore(store));
    });
  }
}
