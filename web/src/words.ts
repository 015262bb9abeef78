// Every word of the page, in both languages; a word without one of them does not compile.

export type Language = "zh" | "en";

const en = {
  title: "Maque",
  hello: "What would you like to know?",
  placeholder: "Ask something…",
  send: "Send",
  stop: "Stop",
  fresh: "New conversation",
  copy: "Copy",
  copied: "Copied",
  copyCode: "Copy code",
  other: "中文",
  dark: "Dark",
  light: "Light",
  you: "You",
  model: "Model",
  locating: "Looking for the model",
  downloading: "Downloading the model",
  loading: "Loading the model",
  warming: "Warming up",
  failed: "The model is not available",
  gone: "The server does not answer. Your draft is kept; the page tries again.",
  queued: "Waiting, before this:",
  reading: "Reading",
  writing: "Thinking",
  length: "cut at the token limit",
  repetition: "stopped: it had become a loop",
  stopped: "stopped by you",
  broken: "The answer broke off",
  first: "first after",
  tokens: "tokens",
  perSecond: "tokens/s",
  cached: "known",
  key: "This server wants a key",
  left: "left",
  openings: [
    "Hello, who are you?",
    "Write a Python function for the first 10 Fibonacci numbers",
    "Rewrite “The spring wind touches my face” as a short poem",
    "Explain what a closure is (Python)",
  ],
};

const zh: typeof en = {
  title: "麻雀",
  hello: "想问点什么？",
  placeholder: "输入问题…",
  send: "发送",
  stop: "停止",
  fresh: "新对话",
  copy: "复制",
  copied: "已复制",
  copyCode: "复制代码",
  other: "English",
  dark: "深色",
  light: "浅色",
  you: "你",
  model: "模型",
  locating: "正在查找模型",
  downloading: "正在下载模型",
  loading: "正在加载模型",
  warming: "正在预热",
  failed: "模型不可用",
  gone: "服务没有响应。草稿已保留，页面会自动重试。",
  queued: "排队中，前面还有",
  reading: "阅读",
  writing: "思考中",
  length: "达到长度上限，被截断",
  repetition: "开始循环，已停止",
  stopped: "已由你停止",
  broken: "回答中断",
  first: "首字",
  tokens: "个 token",
  perSecond: "token/秒",
  cached: "个已缓存",
  key: "这个服务需要密钥",
  left: "剩余",
  openings: [
    "你好，你是谁？",
    "用Python写一个计算斐波那契数列前10项的函数",
    "把“春风拂面，花开满园”改写成五言绝句",
    "解释下什么是闭包（Python）",
  ],
};

export type Words = typeof en;

export const WORDS: Record<Language, Words> = { zh, en };

/** The language chosen before, else the browser's. */
export function preferred(): Language {
  const chosen = localStorage.getItem("maque.language");
  if (chosen === "zh" || chosen === "en") return chosen;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}
