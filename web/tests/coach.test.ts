// The prompt coach on real prompts of both languages: the tips it should give, and none on good ones.
import { expect, test } from "vitest";
import { hintFor, tipsFor, type HintName, type TipName } from "../src/coach/tips";

const GOOD = [
  "你好，你是谁？",
  "用Python写一个计算斐波那契数列前10项的函数",
  "把“春风拂面，花开满园”改写成五言绝句",
  "解释下什么是闭包（Python）",
  "用三句话介绍李白",
  "请问闭包是什么？",
  "谢谢，再举一个例子",
  "把下面的句子翻译成英文：我们明天见。",
  "写一个函数，判断一个数是不是质数",
  "给初二学生出 3 道关于借代的选择题，附答案",
  "列出 5 种早餐，每种不超过 20 字",
  "为什么天空是蓝色的？",
  "北京到上海坐高铁要多久？",
  "写一首关于秋天的诗",
  "SQL 怎么按月统计订单数？",
  "帮我写一封请假邮件，病假一天，不超过 100 字",
  "“的、地、得”有什么区别？",
  "把这个数组去重：[1,2,2,3]",
  "李白和杜甫谁活得更久？",
  "写一段代码，读取 CSV 文件，打印每一行",
  "Hello, who are you?",
  "Write a Python function that computes the first 10 Fibonacci numbers",
  "Turn “a spring breeze, a garden in bloom” into a four-line poem",
  "Explain what a closure is (Python)",
  "Please translate this into Chinese: see you tomorrow.",
  "What is the capital of France?",
  "List 5 breakfasts, at most 12 words each",
  "Tell me about Li Bai in three sentences",
  "How do I count orders by month in SQL?",
  "Fix this: for i in range(10) print(i)",
  "Write a haiku about autumn",
  "Why is the sky blue?",
  "Give me 3 reasons to learn Rust",
  "Rename the files in this folder from .jpeg to .jpg with bash",
  "What does `git rebase` do?",
  "Thanks, one more example",
];

test.each(GOOD)("a good prompt gets no tip: %s", (prompt) => {
  expect(tipsFor(prompt)).toEqual([]);
  expect(hintFor(prompt)).toBeUndefined();
});

const TIPS: [string, TipName, string?][] = [
  ["您好，麻烦您帮我写一个冒泡排序，非常感谢！", "polite", "写一个冒泡排序"],
  ["不好意思打扰一下，请问你能不能帮我翻译这句话：明天见", "polite", "翻译这句话：明天见"],
  ["如果您方便的话，能不能解释一下什么是闭包？谢谢您", "polite", "解释一下什么是闭包？"],
  ["可以麻烦你帮我把这段话改短吗？谢谢", "polite", "把这段话改短"],
  ["介绍一下中国历史", "open", "介绍一下中国历史。请用三句话回答。"],
  ["谈谈人工智能", "open", "谈谈人工智能。请用三句话回答。"],
  ["你怎么看远程办公？", "open", "你怎么看远程办公。请用三句话回答。"],
  ["讲讲量子力学，越详细越好", "open"],
  ["随便写点东西", "open"],
  ["帮我写数据库查询语句，再画 ER 图，最后生成汇报要点", "many"],
  ["先翻译这段话，然后总结成三点，再写一封邮件", "many"],
  ["总结这篇文章，同时列出关键词", "many"],
  ["写一个登录页面；设计数据库表；给出测试用例", "many"],
  ["写一篇非常精彩、特别生动、极其感人的作文", "modifiers"],
  ["设计一个高端大气上档次的海报文案", "modifiers"],
  ["Hello, could you please explain closures? Thank you so much!", "polite", "Explain closures."],
  ["Sorry to bother you, I was wondering if you could translate this sentence", "polite", "Translate this sentence"],
  ["Would you mind fixing this function? Thanks in advance", "polite"],
  ["Tell me about history", "open", "Tell me about history. Answer in three sentences."],
  ["What do you think about remote work?", "open", "What do you think about remote work. Answer in three sentences."],
  ["Explain quantum mechanics as detailed as possible", "open"],
  ["Give me some advice about life", "open"],
  ["Write the SQL query, then draw an ER diagram, and finally create a summary for my boss", "many"],
  ["Translate this text and then summarize it in three points", "many"],
  ["Write a login page; design the tables; suggest tests", "many"],
  ["Write a very engaging, truly captivating and absolutely stunning slogan", "modifiers"],
];

test.each(TIPS)("%s → %s", (prompt, name, rewrite) => {
  const [tip] = tipsFor(prompt);
  expect(tip?.name).toBe(name);
  if (rewrite) expect(tip?.rewrite).toBe(rewrite);
});

test("tasks are split where one ends and the next begins", () => {
  expect(tipsFor("帮我写数据库查询语句，再画 ER 图，最后生成汇报要点")[0]?.steps).toEqual(["帮我写数据库查询语句", "画 ER 图", "生成汇报要点"]);
  expect(tipsFor("Write the SQL query, then draw an ER diagram, and finally create a summary")[0]?.steps).toEqual(["Write the SQL query", "Draw an ER diagram", "Create a summary"]);
  expect(tipsFor("1. 翻译这段话\n2. 总结成三点\n3. 写一封邮件")[0]?.steps).toEqual(["翻译这段话", "总结成三点", "写一封邮件"]);
});

test("a rewrite gets no tip of its own kind", () => {
  for (const [prompt, name] of TIPS) {
    const rewrite = tipsFor(prompt)[0]?.rewrite;
    if (rewrite) expect(tipsFor(rewrite).map((tip) => tip.name), rewrite).not.toContain(name);
  }
});

const HINTS: [string, HintName][] = [
  ["请证明根号2是无理数", "proof"],
  ["用数学归纳法证明 1+2+…+n = n(n+1)/2", "proof"],
  ["证明：任意大于 2 的偶数都是两个质数之和", "proof"],
  ["Prove that the square root of 2 is irrational", "proof"],
  ["房东不退押金，我能起诉他吗？", "legal"],
  ["公司拖欠工资，劳动仲裁怎么申请？", "legal"],
  ["Can I sue my landlord for keeping the deposit?", "legal"],
  ["孩子发烧 39 度吃什么药？", "medical"],
  ["布洛芬和头孢能不能一起吃？", "medical"],
  ["我头一直疼是怎么回事", "medical"],
  ["What is the dosage of ibuprofen for a child?", "medical"],
  ["设计一个电商平台的微服务架构", "architecture"],
  ["Design a scalable chat platform for a million users", "architecture"],
  [`总结下面的内容：${"字".repeat(3001)}`, "long"],
  [`${"word ".repeat(700)}\nSummarize this.`, "long"],
];

test.each(HINTS)("%s is better done by a larger model: %s", (prompt, hint) => expect(hintFor(prompt)).toBe(hint));

test.each([
  "帮我写一份在职证明", "开一张收入证明的模板", "Proofread this sentence", "Diagnose the bug in this code", "翻译：法律", "写一个药店的广告词",
  "总结：今天开会讨论了三件事。", `翻译：${"字".repeat(3001)}`, "设计一个班级管理系统的数据库表", "头脑风暴 5 个活动名字",
])("no hint: %s", (prompt) => expect(hintFor(prompt)).toBeUndefined());

test("long material and code are left alone", () => {
  expect(tipsFor(`谈谈${"字".repeat(700)}`)).toEqual([]);
  expect(tipsFor("```\nplease please thank you so much\n```")).toEqual([]);
  expect(tipsFor("")).toEqual([]);
});
