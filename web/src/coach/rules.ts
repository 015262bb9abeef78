// What the prompt coach looks for: a list of patterns for each language.
import type { Language } from "../words/words";

export interface Rules {
  /** Courtesies: each weighs 1, or 2 where it does nothing but be polite. */
  polite: readonly (readonly [RegExp, number])[];
  /** Asks that say neither what exactly nor how much. */
  open: RegExp;
  /** What limits an answer, so that an open ask is none. */
  limit: RegExp;
  /** Adjectives and adverbs that say little. */
  modifiers: RegExp;
  /** Where one task ends and the next begins. */
  breaks: RegExp;
  /** What says that a further task follows. */
  link: RegExp;
  /** How a task begins. */
  task: RegExp;
}

const ZH: Rules = {
  polite: [
    [/(?:真的?)?不好意思(?:啊)?(?:打扰(?:您|你)?(?:一下|了)?)?/g, 2],
    [/打扰(?:您|你)?(?:一下|了)/g, 2],
    [/(?:能不能|可不可以|可以|能)?(?:麻烦|劳驾|拜托)(?:您|你)?(?:一下|了)?(?:帮(?:我|忙))?/g, 2],
    [/(?:如果|要是)(?:您|你)?(?:方便|有空|不介意)的话/g, 2],
    [/(?:非常|十分|万分|真的很|太)感谢(?:您|你)?(?:的(?:帮助|回答))?(?:了|啦)?/g, 2],
    [/辛苦(?:您|你)?(?:了|啦)/g, 2],
    [/(?:先)?(?:谢谢|多谢)(?:您|你)?(?:了|啦)?/g, 1],
    [/^(?:您好|你好)(?:呀|啊)?(?=[，,！!。、 ])/g, 1],
    [/(?:请问)?(?:您|你)?(?:能不能|能否|可不可以|可否)(?:请)?(?:帮(?:我|忙))?/g, 1],
  ],
  open: /介绍一下|谈谈|聊聊|讲讲|说说|随便写|写点(?:东西|什么)|随便(?:聊|说|讲)|全面(?:地)?(?:分析|介绍)|深入(?:地)?(?:分析|探讨)|越详细越好|(?:尽可能|尽量)(?:的|地)?(?:详细|多|全面)|你(?:怎么看|有什么(?:想法|看法|建议))|展开(?:说|讲)/,
  limit: /[0-9一二两三四五六七八九十百几]+ ?(?:个)?(?:字|句|条|点|段|行|个|项|步|例|词|页|首|种|分钟)|一句话|表格|列表|只(?:要|给|写|用)|不超过|以内|简短|简要/,
  modifiers: /非常|特别|极其|十分|超级|无比|极致|完美|精美|生动|有趣|优美|震撼|高端|大气|上档次|专业|深刻|独一无二|引人入胜|美轮美奂|淋漓尽致|精彩|感人|惊艳|酷炫|令人难忘/g,
  breaks: /[，,；;。\n]+|(?=(?:然后|接着|最后|顺便|同时)[^，,。；;]{2})/,
  link: /^(?:先|再|然后|接着|随后|最后|同时|顺便|另外|还要|并且|并|其次|首先|还有)/,
  task: /^(?:请)?(?:先|再|然后|接着|随后|最后|同时|顺便|另外|还要|并且|并|其次|首先|还有)*(?:请|帮我|给我|帮忙|把(?:它|这|那|结果|上面|下面|文章|内容)[^，。]{0,12}?)*(?:写|画|生成|翻译|总结|概括|解释|列出|改写|润色|分析|设计|制作|做成?|整理|起草|检查|修改|给出|推荐|编写|出[0-9一二三四五六七八九十]|改成|比较|提炼|优化)/,
};

const EN: Rules = {
  polite: [
    [/\b(?:i(?:'|’)?m |so )?sorry to (?:bother|trouble) you\b(?: but)?/gi, 2],
    [/\bi was (?:just )?wondering if you (?:could|can|would)(?: please| possibly| maybe)?\b/gi, 2],
    [/\bwould you (?:mind|be so kind as to|be able to)\b/gi, 2],
    [/\bif (?:it(?:'|’)?s|it is) (?:not too much trouble|possible|okay|ok)\b/gi, 2],
    [/\bif you don(?:'|’)?t mind\b/gi, 2],
    [/\b(?:thank you|thanks) (?:so|very) much\b(?: for your help)?|\bthanks in advance\b|\bthank you in advance\b|\bmuch appreciated\b|\bi(?:'|’)?d (?:really )?appreciate (?:it|that)\b/gi, 2],
    [/\b(?:could|can|would|will) you\b(?: possibly| maybe| kindly)?/gi, 1],
    [/\bplease\b/gi, 1],
    [/^(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?(?=[,!. ])/gi, 1],
    [/\b(?:thank you|thanks)\b(?! (?:so|very) much| in advance)/gi, 1],
  ],
  open: /\btell me (?:about|everything|all|something)\b|\btalk about\b|\bwrite something\b|\bwhat do you think\b|\bas detailed as possible\b|\bin (?:great |as much )?detail\b|\bas much as (?:you can|possible)\b|\bexplain everything\b|\bgive me (?:some|any) (?:advice|thoughts|ideas|tips)\b|\beverything (?:about|you know)\b/i,
  limit: /\b(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|few|single)[\s-]+(?:\w+[\s-]+)?(?:sentences?|words?|points?|lines?|paragraphs?|items?|bullets?|steps?|examples?|reasons?|ways?|things?|minutes?|pages?|tips|ideas)\b|\bbriefly\b|\bat most\b|\bunder \d|\btable\b|\bonly\b|\bshort\b/i,
  modifiers: /\b(?:very|really|extremely|incredibly|absolutely|truly|super|amazing|beautiful|stunning|engaging|perfect|professional|vivid|unique|compelling|captivating|wonderful|fantastic|awesome|brilliant|outstanding|breathtaking|unforgettable|high-quality|insightful)\b/gi,
  breaks: /[;\n]+|\.\s+|,\s*|\s+(?=and (?:then|also|finally)\b)|\s+and (?=(?:write|draw|generate|translate|summari[sz]e|explain|list|rewrite|analy[sz]e|design|create|draft|suggest)\b)/i,
  link: /^(?:and |then |also |finally |next |after that |afterwards |first |lastly )+/i,
  task: /^(?:and |then |also |finally |next |after that |afterwards |first |lastly )*(?:please |help me |can you |could you )*(?:write|draw|generate|translate|summari[sz]e|explain|list|rewrite|polish|analy[sz]e|design|create|draft|check|fix|give me|recommend|compare|suggest|turn (?:it|this|that)|make (?:it|this|that|a|an|me)|review|outline)\b/i,
};

export const RULES: Record<Language, Rules> = { zh: ZH, en: EN };

/** What a larger model does better, in either language. */
export const BOUNDARIES = {
  proof: [
    /(?:证明|求证)(?!信|书|材料|文件|人|自己)[^。\n]{0,60}(?:定理|不等式|无理数|有理数|质数|素数|收敛|连续|可导|任意|所有|存在|唯一|恒成立|整除|命题|公式|√|≥|≤|>|<|=)/,
    /数学归纳法|(?:严格|完整)(?:的)?(?:推导|证明)(?:过程|步骤)|推导(?:出)?[^。\n]{0,20}(?:公式|方程|定理)/,
    /\bprove (?:that|the|this|it|for)\b|\bproof (?:of|that|by)\b|\bby induction\b|\bderive (?:the )?(?:formula|equation|theorem)\b/i,
  ],
  legal: [
    /起诉|诉讼|仲裁|违法吗|犯法吗|合法吗|(?:要|会|负)(?:什么|哪些)?法律责任|离婚(?:协议|财产|怎么)|合同纠纷|(?:会)?判(?:几|多少)年|怎么维权|法律意见|律师函|(?:能|可以|该)(?:获得|要求|拿)?(?:多少)?赔偿/,
    /\bsue\b|\blawsuit\b|\blegal advice\b|\bliable\b|\bis it (?:il)?legal\b|\bbreach of contract\b|\bcustody\b|\bmy (?:legal )?rights as\b|\bsmall claims\b/i,
  ],
  medical: [
    /(?:吃|用|开)(?:什么|哪种|啥)药|(?:用药|服药|药物?)(?:的)?剂量|(?:帮我)?诊断(?:一下)?(?:我|他|她|病|是什么病)|(?:头|胸|肚子|胃|腰|牙)(?:很|一直|总是|好)?(?:疼|痛)[^。\n]{0,20}(?:怎么办|什么病|吃什么|怎么回事)|发(?:烧|热)[^。\n]{0,20}(?:怎么办|吃|多少度)|能(?:不能)?(?:一起|同时)(?:吃|服)|副作用|是(?:得了)?什么病|要不要(?:去)?(?:医院|手术)|孕妇能/,
    /\bdosage\b|\bdose of\b|\bmy symptoms\b|\bdiagnos(?:e|is)\b(?! (?:the|this|my) (?:bug|error|code|problem|server))|\bside effects? of\b|\bprescri(?:be|ption)\b|\bchest pain\b|\bshould i take\b[^.\n]{0,40}\b(?:ibuprofen|aspirin|antibiotics?|medication|pills?|mg)\b|\bmedication\b/i,
  ],
  architecture: [
    /(?:系统|整体|总体|微服务|软件|平台|分布式|后端|技术)(?:的)?架构|架构(?:设计|方案)|技术选型|高并发|高可用|微服务/,
    /\b(?:system|software|overall|cloud) architecture\b|\bmicroservices?\b|\barchitect(?:ure)? (?:of|for)\b|\bdesign (?:a|an|the) [^.\n]{0,40}\b(?:distributed|scalable|highly available)\b|\bscalable\b[^.\n]{0,30}\b(?:system|platform|backend)\b/i,
  ],
} as const;

export const SUMMARISE = /总结|摘要|概括|归纳|提炼|要点|summar|tl;?dr|key points|condense|main points/i;
