/** The page without a network, and its updates. */

import { byId } from "./dom.js";

/** Lets a service worker keep the files of the page. Without one, the page works while there is a network. */
export function workOffline(): void {
  if (!("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  // A first worker only takes over the page that it comes from.
  let isUpdate = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => {
    if (isUpdate) byId("update", HTMLElement).textContent = "A new version of this page is ready. Reload the page to use it.";
    isUpdate = true;
  });
  void serviceWorker.register("service-worker.js", { type: "module" }).catch(() => undefined);
}
