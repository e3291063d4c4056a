// The last page of a window that was opened for the provider's page. What came of it, the server tells the page behind it.
window.close();

export {};
