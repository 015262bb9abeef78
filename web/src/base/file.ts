// Files that the reader gives, and files that the reader gets.

/** Lets the reader choose files; none if they change their mind. */
export function chooseFiles(accept: string): Promise<File[]> {
  return new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = accept;
    input.multiple = true;
    input.className = "unseen";
    input.ariaLabel = accept;
    const done = (files: File[]) => {
      input.remove();
      resolve(files);
    };
    input.addEventListener("change", () => done([...(input.files ?? [])]));
    input.addEventListener("cancel", () => done([]));
    document.body.append(input);
    input.click();
  });
}

/** Hands the reader a file. */
export function saveFile(name: string, content: BlobPart, kind: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: kind }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replace(/[\\/:*?"<>|\u0000-\u001f]+/g, " ").trim() || "maque";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
