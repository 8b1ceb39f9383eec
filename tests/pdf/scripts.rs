//! Names in the scripts that people write, as ordinary text and as words that have no place to break.

/// A script with an ordinary name and some of its letters.
pub struct Script {
    pub name: &'static str,
    pub sample: &'static str,
    pub letters: &'static str,
    /// Whether a reader gets the text back in the order in which it was written.
    pub ordered: bool,
}

const fn script(name: &'static str, sample: &'static str, letters: &'static str) -> Script {
    Script {
        name,
        sample,
        letters,
        ordered: true,
    }
}

const fn shaped(name: &'static str, sample: &'static str, letters: &'static str) -> Script {
    Script {
        name,
        sample,
        letters,
        ordered: false,
    }
}

/// What the embedded fonts are for.
pub const SCRIPTS: [Script; 27] = [
    script("latin", "Łódź Ñandú Ấp Őr ẞ", "W"),
    script("greek", "Ελληνική Ώρα", "Ω"),
    script("cyrillic", "Київський інститут Ђорђе", "Щ"),
    script("georgian", "საქართველოს ღრუბელი ᲗᲑᲘᲚᲘᲡᲘ", "ღმ"),
    script("armenian", "Հայկական Ամպ և Ընկերներ", "Մա"),
    shaped("hebrew", "חברת הענן הצפוני", "שם"),
    shaped("arabic", "شركة السحابة الشمالية ۲۰۲۶", "صم"),
    shaped("persian", "شرکت ابر پارس گچپژ", "پگ"),
    shaped("urdu", "کلاؤڈ کمپنی پاکستان ڈٹڑے", "ٹے"),
    shaped("devanagari", "उत्तरी क्लाउड प्राइवेट लिमिटेड", "क्षि"),
    shaped("bengali", "উত্তর ক্লাউড লিমিটেড", "ক্ষ"),
    shaped("gurmukhi", "ਉੱਤਰੀ ਕਲਾਊਡ ਲਿਮਿਟੇਡ", "ਕਿ"),
    shaped("gujarati", "ઉત્તરી ક્લાઉડ લિમિટેડ", "ક્ષ"),
    shaped("oriya", "ଉତ୍ତର କ୍ଲାଉଡ ଲିମିଟେଡ", "କ୍ଷ"),
    shaped("tamil", "வடக்கு கிளவுட் நிறுவனம்", "கௌ"),
    shaped("telugu", "ఉత్తర క్లౌడ్ లిమిటెడ్", "క్ష"),
    shaped("kannada", "ಉತ್ತರ ಕ್ಲೌಡ್ ಲಿಮಿಟೆಡ್", "ಕ್ಷ"),
    shaped("malayalam", "വടക്കൻ ക്ലൗഡ് ലിമിറ്റഡ്", "ക്ഷ"),
    shaped("sinhala", "උතුරු ක්ලවුඩ් සමාගම", "ක්‍ෂ"),
    shaped("thai", "บริษัท เมฆเหนือ จำกัด ๒๕๖๙", "กู้"),
    shaped("lao", "ບໍລິສັດ ຄລາວ ຈຳກັດ", "ກູ້"),
    shaped("khmer", "ក្រុមហ៊ុន ពពក ខាងជើង", "ក្ស"),
    shaped("burmese", "မြောက်ပိုင်း ကလောက် ကုမ္ပဏီ", "က္က"),
    script("ethiopic", "የሰሜን ደመና ኩባንያ", "መጨ"),
    script("chinese", "北方雲端股份有限公司 北京云计算有限公司", "雲云"),
    script("japanese", "クラウド株式会社 ひらがな 東京", "東ク"),
    script("korean", "클라우드 주식회사 서울", "클"),
];

/// The same letters over and over, without any place to break.
pub fn unbroken(letters: &str, count: usize) -> String {
    let letters: Vec<char> = letters.chars().collect();
    letters
        .iter()
        .cycle()
        .take(count.div_ceil(letters.len()) * letters.len())
        .collect()
}
