//! What kind of answer a question seeks, and whether a text has one.

use crate::numbers::{news, without_shares};
use crate::words::{is_chinese_text, word_set, words};

/// What shows that a text speaks of money.
const MONEY: &[&str] = &[
    "元", "块", "费", "%", "％", "eur", "usd", "€", "$", "¥", "£", "free", "price", "paid",
];

/// English words beside which a bare number is an amount of money.
const PAYING: &[&str] = &[
    "charge", "charged", "charges", "cost", "costs", "deposit", "fee", "fees", "fine", "pay",
    "pays", "rent",
];

/// English words for people, and for what they are together.
const PEOPLE: &[&str] = &[
    "by",
    "you",
    "he",
    "she",
    "they",
    "who",
    "people",
    "person",
    "staff",
    "employee",
    "employees",
    "colleague",
    "colleagues",
    "manager",
    "managers",
    "supervisor",
    "director",
    "head",
    "lead",
    "owner",
    "officer",
    "team",
    "teams",
    "desk",
    "department",
    "committee",
    "board",
    "counsel",
    "finance",
    "security",
    "reception",
    "facilities",
    "guard",
    "driver",
    "engineer",
    "engineers",
    "recruiter",
    "recruiters",
    "interviewers",
    "candidate",
    "interns",
    "buddy",
    "mentor",
    "customer",
    "customers",
    "client",
    "clients",
    "parent",
    "parents",
    "doctor",
    "courier",
    "carrier",
    "partner",
    "partners",
];

/// What shows that a text gives a reason.
const REASONS: &[&str] = &["因", "由于", "为了", "以免", "以便", "防止", "避免", "否则"];
/// English words that do.
const ENGLISH_REASONS: &[&str] = &[
    "as",
    "because",
    "due",
    "for",
    "otherwise",
    "reason",
    "since",
    "so",
    "to",
];

/// What shows that a text says where.
const PLACES: &[&str] = &[
    "在", "到", "往", "进", "从", "处", "口", "楼", "室", "厅", "台", "柜", "箱", "库", "部", "门",
    "旁", "系统", "网", "http", "@",
];
/// English words that do.
const ENGLISH_PLACES: &[&str] = &[
    "at", "behind", "beside", "by", "from", "in", "inside", "into", "near", "next", "on",
    "opposite", "outside", "through", "to", "under", "via",
];

/// What tells a day of the week beside 周一 and the like.
const WEEKDAYS: &[&str] = &[
    "每天",
    "每日",
    "天天",
    "工作日",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "weekday",
    "weekend",
    "every day",
    "daily",
];

/// Units of time that follow a number of them.
const SPANS: &[&str] = &[
    "天", "日", "周", "星期", "个月", "年", "小时", "分钟", "秒", "学期", "季度",
];

/// Chinese letters that count.
const COUNTING: &str = "零一二两三四五六七八九十百千万亿半";

/// English words that count.
const NUMBERS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "half", "once", "twice",
];

/// Letters with which units begin.
const UNITS: &str =
    "支张把本台辆次周月年时分秒小天日人名位级楼层米平升克斤吨页份种盏副块元站间道门条栋趟";

/// Whether a text, under these `columns`, can answer a question of this kind: who asks for a price is not answered without
/// money, who asks how many not without a number, and who asks how many days not by a number of anything else.
pub fn fits(question: &str, text: &str, columns: &str) -> bool {
    let sought = asks_for(question);
    let text = &match sought {
        Sought::Money | Sought::Span => news(question, text),
        Sought::Number if has_any(question, &["how many"]) => without_shares(&news(question, text)),
        Sought::Number => news(question, text),
        _ => text.to_owned(),
    };
    match sought {
        Sought::Money => has_number(text) && (has_money(text) || has_money(columns)),
        Sought::Number => match (unit(question), counted(question)) {
            (Some(unit), _) => {
                has_number_of(text, unit) || has_number(text) && columns.contains(unit)
            }
            (None, Some(noun)) => {
                has_count_of(text, &noun) || has_number(text) && columns.contains(&noun)
            }
            (None, None) => has_number(text),
        },
        Sought::Span => has_span(text),
        Sought::Weekday => has_any(text, WEEKDAYS) || has_weekday(text),
        Sought::Reason => has_any(text, REASONS) || has_word(text, ENGLISH_REASONS),
        Sought::Place => {
            let says = |text| has_any(text, PLACES) || has_word(text, ENGLISH_PLACES);
            says(text) || says(columns)
        }
        Sought::Person => is_chinese_text(question) || has_person(text) || has_person(columns),
        Sought::Anything => true,
    }
}

/// Whether an answer names nobody but whom the question names: that a manager is the manager says nothing.
pub fn echoes(question: &str, answer: &str) -> bool {
    asks_for(question) == Sought::Person && word_set(answer).is_subset(&word_set(question))
}

/// Whether a letter begins a unit.
pub(crate) fn is_unit(letter: char) -> bool {
    UNITS.contains(letter)
}

/// What kind of thing a question asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sought {
    Money,
    Number,
    Span,
    Weekday,
    Person,
    Reason,
    Place,
    Anything,
}

fn asks_for(question: &str) -> Sought {
    let has = |words: &[&str]| has_any(question, words);
    match () {
        () if has(&["多少钱", "多少元", "价格", "price", "cost"]) => Sought::Money,
        () if has(&["how much"]) && !asks_how_much_of(question) => Sought::Money,
        () if has(&["多长时间", "持续多久"]) => Sought::Span,
        () if has(&["周几", "星期几", "礼拜几", "what day of the week"]) => Sought::Weekday,
        () if has(&["多少", "how many", "how much", "几点"]) || unit(question).is_some() => {
            Sought::Number
        }
        () if question.contains('谁') || has_word(question, &["who", "whom", "whose"]) => {
            Sought::Person
        }
        () if has(&["为什么", "为啥", "为何"]) || has_word(question, &["why"]) => {
            Sought::Reason
        }
        () if has(&["哪里", "哪儿", "什么地方"]) || has_word(question, &["where"]) => {
            Sought::Place
        }
        () => Sought::Anything,
    }
}

/// Whether a text names a day of the week, in Chinese.
fn has_weekday(text: &str) -> bool {
    let is_day =
        |after: &str| after.starts_with(|letter: char| "一二三四五六日天末".contains(letter));
    let mut weeks = ["周", "星期", "礼拜"].iter();
    weeks.any(|week| text.split(week).skip(1).any(is_day))
}

/// Whether "how much" is asked of a thing, as of notice or time, and not for a price.
fn asks_how_much_of(question: &str) -> bool {
    let question = question.to_lowercase();
    let after = question.split_once("how much").map(|(_, after)| after);
    let next = after.and_then(|after| after.split_whitespace().next());
    next.is_some_and(|next| !words(next).is_empty() && !["money", "cost"].contains(&next))
}

/// The beginning of the noun, two letters, whose number is asked for: 车位 of 多少个车位.
fn counted(question: &str) -> Option<String> {
    let (_, after) = question.split_once("多少个")?;
    let noun: String = after.chars().take(2).collect();
    (noun.chars().all(char::is_alphanumeric) && !noun.is_empty()).then_some(noun)
}

/// Whether a text counts something by 个, or has a number beside this noun.
fn has_count_of(text: &str, noun: &str) -> bool {
    let is_beside = |(at, _): (usize, &str)| {
        let (before, after) = (text[..at].trim_end(), text[at + noun.len()..].trim_start());
        before.ends_with(is_counting) || after.starts_with(is_counting)
    };
    has_number_of(text, '个') || text.match_indices(noun).any(is_beside)
}

/// The letter with which the unit begins whose number is asked for.
fn unit(question: &str) -> Option<char> {
    let counted = |asks| {
        let (before, counted) = question.split_once(asks)?;
        (!before.ends_with('哪')).then_some(counted) // which ones, not how many
    };
    let counted = counted("多少").or_else(|| counted("几"))?.trim_start();
    let counted = counted.strip_prefix('个').unwrap_or(counted);
    counted.chars().next().filter(|letter| is_unit(*letter))
}

pub(crate) fn has_number(text: &str) -> bool {
    text.contains(is_counting) || has_word(text, NUMBERS)
}

/// Whether a number of this unit is in a text.
fn has_number_of(text: &str, unit: char) -> bool {
    text.match_indices(|letter| letter == unit || unit == '天' && letter == '日')
        .any(|(at, _)| {
            let before = text[..at].trim_end();
            before
                .strip_suffix('个')
                .unwrap_or(before)
                .trim_end()
                .ends_with(is_counting)
        })
}

fn is_counting(letter: char) -> bool {
    letter.is_numeric() || COUNTING.contains(letter)
}

/// Whether an English text names somebody: by what he does, or by a word with a capital letter within a sentence.
fn has_person(text: &str) -> bool {
    let names = |words: &[&str]| {
        let mut after_first = words.iter().skip(1);
        after_first.any(|word| word.starts_with(|letter: char| letter.is_ascii_uppercase()))
    };
    let mut sentences = text.split(['.', '!', '?', '\n']);
    has_word(text, PEOPLE)
        || text.contains('@')
        || sentences.any(|sentence| names(&sentence.split_whitespace().collect::<Vec<&str>>()))
}

/// Whether a number of days or the like is in a text; 5 月 is a month's name.
fn has_span(text: &str) -> bool {
    SPANS.iter().any(|span| {
        let mut places = text.match_indices(span);
        places.any(|(at, _)| text[..at].trim_end().ends_with(is_counting))
    })
}

pub(crate) fn has_money(text: &str) -> bool {
    has_any(text, MONEY) || has_word(text, PAYING)
}

pub(crate) fn has_any(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// Whether one of these English words is in a text.
pub(crate) fn has_word(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    let mut all = text.split(|letter: char| !letter.is_ascii_alphabetic());
    all.any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(question: &str, fitting: &str, other: &str) {
        assert!(fits(question, fitting, ""), "{question} {fitting}");
        assert!(!fits(question, other, ""), "{question} {other}");
    }

    #[test]
    fn a_number_of_something_else_is_no_answer() {
        check("病假要交多少钱？", "按 70% 发放。", "产假 158 天。");
        check("病假多少天？", "病假 5 日。", "病假 2 次。");
        check("画室有几个人？", "共 12 个人。", "在三楼，见人事部。");
        check("画室在几楼？", "画室在三楼。", "画室有 12 个人。");
        check("How many pages?", "It has ten.", "It has content.");
        assert!(fits("签字笔多少支？", "签字笔 6", "限量（支）"));
        assert!(fits("画室周几开？哪几天？", "周二、周四", ""));
        check("画室有多少个画架？", "画室有 12 个。", "画架在 B2 层。");
        check("画室有多少个画架？", "画架 12", "画架在 2 楼。");
        check(
            "画展持续多长时间？",
            "画展持续 3 个月。",
            "画展每年 5 月举行。",
        );
        check("How much notice is needed?", "Two weeks.", "It is needed.");
        check("How much is it?", "It is 5 EUR.", "It is 5 kg.");
        check(
            "How much is a coffee?",
            "A coffee costs 4.",
            "A coffee in 4 minutes.",
        );
        assert!(fits("Who knows?", "Ask your manager.", "") && fits("几点开门？", "8:30", ""));
    }

    #[test]
    fn a_number_that_the_question_has_is_no_answer() {
        check(
            "2022 年有多少次？",
            "2022 年有 3 次。",
            "替代 2022 年 3 月的通知。",
        );
        check(
            "How many in 2022?",
            "In 2022 it was 4.",
            "It replaces that of 2022.",
        );
        assert!(fits("满 5 年几天？", "满 5 年的 5 天。", ""));
        check(
            "How many sessions are paid?",
            "20 sessions.",
            "60% of a session.",
        );
        assert!(fits("按工资的多少折算？", "300% 折算。", ""));
    }

    #[test]
    fn a_day_of_the_week_is_asked_for() {
        check("画室周几开？", "每周二、四开。", "每组最多 8 人。");
        check("画室星期几关门？", "工作日都开。", "每周开 3 次。");
        check("What day of the week is it?", "On Mondays.", "At 8.");
    }

    #[test]
    fn why_and_where_want_a_reason_and_a_place() {
        check(
            "画笔为什么不外借？",
            "画笔不外借，因为只有三支。",
            "画笔不外借。",
        );
        check(
            "Why is it closed?",
            "It is closed for repairs.",
            "It is closed.",
        );
        check("画笔在哪里领？", "画笔到前台领。", "画笔周一领。");
        check(
            "Where are brushes kept?",
            "They are kept in the shed.",
            "They are kept clean.",
        );
    }

    #[test]
    fn who_is_not_answered_where_nobody_is_named() {
        let question = "Who cleans the brushes?";
        check(question, "The guard does.", "Brushes are cleaned daily.");
        check(question, "Ask for Ann.", "Cleaned once.");
        assert!(
            fits("画笔由谁清洗？", "画笔每天清洗。", ""),
            "no list of names in Chinese"
        );
    }

    #[test]
    fn a_person_that_the_question_names_is_no_answer() {
        assert!(echoes("仓库管理员是谁？", "仓库管理员是仓库管理员。"));
        assert!(!echoes("仓库管理员是谁？", "老王。") && !echoes("Why?", "Why."));
    }
}
