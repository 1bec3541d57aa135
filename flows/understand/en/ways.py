"""English: how the ends of a ride are told."""

# ruff: noqa: E501  (a phrase is easier to check on one line than broken up)
import re

_ME = r"(?: (?:me|us|it|him|her|them|everyone|my \w+))"
_BE = r"(?: city| address| location| point| place| spot| station| site)?(?: of departure)?(?: is| will be| would be| should be|'s|:)(?: obviously)?(?: going to be)?"
WAY = re.compile(
    r"(?<![\w'])(?:"
    rf"(?P<pickup>(?:(?:leav(?:e|es|ing)|depart(?:s|ing|ure)?|start(?:s|ing)?|com(?:e|es|ing)|travel(?:l?ing)?|going|go|pick(?:ed)?{_ME}?(?: ?-?up)?(?: (?:me|us))?|pick up|be up|collect(?:ed)?{_ME}?|fetch(?:ed)?{_ME}?|get{_ME}) )?(?:out )?from|pick(?:ed|ing)?{_ME}? ?-?up{_ME}? (?:at|in|by|outside)|pick{_ME} up|pick ?-?up{_BE}|pick ?-?up (?:at|in)|(?:departure|origin|starting|leaving)(?: city| location| point| place| station| site)(?: is| will be| would be|:)|(?:city|place|station) of departure is|departure is(?: from)?|out of|staying at|come (?:to|by|over to)(?=[^.;?!·]{{3,60}} (?:to|and) (?:take|bring|drive) (?:me|us)\b)|(?:collect|fetch){_ME} (?:at|in)|(?:taxi|cab|car|driver|shuttle|van|transfer) (?:at|outside)(?= (?:the|my|our) ))"
    r"|(?P<dropoff>(?:going|go|gets?|getting|head(?:ing|ed|s)?|travel(?:l?ing|s)?|come|coming|fly(?:ing)?|make it|ride|trip|way|driv(?:e|ing)|return(?:ing)?|bound|leav(?:e|es|ing)|depart(?:s|ing)?|continu(?:e|ing)) (?:back |over |out |up |down |straight |off |on )?(?:to|towards?|into)|(?:head(?:ing|ed|s)?|bound|leav(?:e|es|ing)|depart(?:s|ing)?)[\s·]+for"
    rf"|(?:tak(?:e|es|ing)|bring(?:s|ing)?|driv(?:e|es|ing)|get(?:s|ting)?|transport(?:s|ing)?|transfer|deliver|carry){_ME} (?:back |over )?(?:to|into)|arriv(?:e|es|ing|al) (?:at|in|to|into)|drop(?:ped|ping|s)?{_ME}? ?-?(?:off)?{_ME}? (?:at|in|by|to)|drop{_ME} off|drop ?-?off{_BE}|drop ?-?off at|(?:final )?destination(?: (?:city|address|location|point|place|station))?(?:,| of| is| will be| would be| should be|'s|:)?(?: going to be)?(?: to)?|arrival(?: (?:city|station|place|point))? is(?: obviously)?(?: going to be)?|reach(?:ing)?|visit(?:ing)?)"
    r"|(?P<leave>leav(?:e|es|ing)|depart(?:s|ing)?)"
    r"|(?P<to>to)"
    r")(?=[\s,:])"
)
BETWEEN = re.compile(r"\bbetween (?P<pickup>[^.,;?!·]{3,50}?) and (?P<dropoff>[^.,;?!·]{3,60})")
BEFORE_NAME = re.compile(
    r"[\s,:·\"'(]*(?:(?:the address of|the address|a place called|called|to|at|in|from|is|be|it's)[\s,:]+)*(?:(?:the|my|our|a|an)\s+(?=\S)(?!and\b|&))?"
)
AFTER_NAME = re.compile(
    r"[·;?!\n()]|(?<!\bst)(?<!\bmt)(?<!\bdr)(?<!\bave)(?<!\bblvd)\.(?=\s|\Z)|\.\.|,(?=\s*\Z)|,(?!\s?(?:[a-z]{2}|[a-z]\.[a-z]\.)(?![\w']))|\s-\s|->|=>|>"
    r"|(?<![\w'])(?:please|pls|plz|thanks|thank|thx|for|after|before|by(?= my| the| that| this|\s*·|\s*\Z| an? | \d)|around|about|at(?= [^,.·]{0,20}\btime\b)|on(?= ·| the ·|\s*\Z)|at(?= ·|\s*\Z| \d)|then|that|which|who|when|where|whenever|with|leaving|departing|arriving|arrives?|leaves?|departs?|if|so|because|as|but|is|are|am|was|will|would|should|i|we|i'd|i'll|i'm|i've|we'd|we'll|we're|can|could|do|it's|it|this|next|tomorrow|today|tonight|sometime|anytime|instead|right|now|asap|later|also|possible|until|till|since|or|any|some|somewhere|using|via|and (?:i|we|then|go|going|get|getting|head|heading|headed|need|needs|arriv\w*|drop|take|my|our|can|it|leav\w*|depart\w*|also|would|will|there|bring|back|want|should|a|an|the|to|just|must|please|it'll|it's|i'll|i'd|be|one|two|three|four|five|\d+|return|have|has|make|at|from|is|are|prefer|wanting|for|that|find|book|there's)|have|has|had|need|needs|want|wants|today's|around|trip|one way|round trip|approximately|nearest|in (?:the (?:morning|afternoon|evening)|order|time|an? |\d)|just|only|my party|alone)(?![\w'])"
)
NAME_TAIL = re.compile(
    r"(?:[\s,]+(?:and|or|on|at|in|by|for|to|from|the|a|an|of|with|me|us|there|here|too|as well|attraction|up|off|out|around|ticket|tickets|cab|taxi|ride|ca|usa|back|straight|directly))+\Z"
)
_KIND = r"(?:hotel|guest ?house|guesthouse|restaurant|station|train station|bus station|museum|attraction|college|church|park|pool|swimming pool|theatre|theater|cinema|nightclub|club|bar|place|address|location|city|town|event|movie|concert|house|home|office|work|appointment|dentist|doctor|salon|venue|apartment|property|destination|airport hotel|architecture|gallery|lodge|lodging|hospital|boat|same place|other place|places?|locations?|mall|bank|beach|centre|center)"
GENERIC = re.compile(
    rf"(?:(?:the|my|our|a|an|that|this|said|first|second|two|same|both|named|another|different|any|some) )*(?:{_KIND}(?:'s)?|the|my|our|his|her|their|there|here|it|that|this|them|you|me|us|one|both|other|these|those|somewhere|anywhere|now|then|everyone|all|each|every|work|same)(?: (?:there|here|please|area|itself|{_KIND}))*"
)
NO_NAME = re.compile(
    r"(?:arrange|expect|picked|retrieve|guarantee|collect|commit|verify|proceed|grab|rely|cost|hear|inquire|obtain|receive|speed|chat|dine|park|relax|shop|tour|celebrate|upgrade|clarify|extend|compare|correct|split|squeeze|hop|mention|double|board|avail|limit|respond|settle|apologize|onward|onwards|preferably|best|book|booking|leave|leaving|go|going|get|getting|be|being|arrive|arriving|depart|departing|have|having|make|find|take|taking|travel|know|see|do|change|reserve|need|use|attend|buy|come|return|rent|schedule|hire|confirm|check|ask|add|cancel|drop|pay|help|give|stay|reach|catch|start|work|eat|meet|say|tell|look|search|order|request|call|set|share|pick|purchase|try|let|keep|move|switch|think|sit|stop|plan|commute|transport|explore|listen|live|head|start|figure|narrow|ensure|act|begin|avoid|bring|show|send|put|play|talk|speak|wait|thank|save|spend|enjoy|answer|provide|read|write|learn|continue|include|accommodate|finish|join|follow|choose|decide|ride|drive|fly|walk|run|swim|sleep|have|discuss|"
    r"all|any|some|you|your|me|us|him|her|them|it|its|that|this|these|those|what|which|who|how|there|here|now|then|each|every|everyone|everything|nothing|something|anything|one of|be|me|at|on|in|by|after|before|around|about|early|late|later|soon|sometime|as|asap|if|and|or|no|not|never|yes|ok|okay|right|my (?:wife|husband|friend|party|reservation|booking)|time|for|with|until|till|so|well|just|please|today|tomorrow|tonight|next|anytime|immediately|directly|doesn't|does|is|are|was|will|would|can|could|should|i|we|he|she|they|same|listen|music|time|date|train|trains|bus|buses|taxi|cab|car)(?![\w'])"
)
RIDING = re.compile(
    r"\b(?:trains?|bus(?:es)?|tickets?|taxis?|cabs?|rides?|transfers?|shuttles?|cars?|trips?|travel\w*|go|going|lift|transportation|flights?|ubers?|directions|route|way|journey|seats?|from|drive)\b"
)
INFINITIVE = re.compile(
    r"\b(?:need|needs|needed|want|wants|wanted|like|love|have|has|had|able|going|try|trying|wish|hope|hoping|sure|plan|plans|planning|prefer|ready|looking|supposed|willing|happy|decided|about|how|due|ought|intend|intending|time|forgot|remember|possible|way|best|easier|nice|good|great|want me|require|required|used|begin|start|help me|mind|free|glad)\s+\Z"
)
ARRIVING = re.compile(
    r"\b(?:arriv\w*|reach\w*|get(?:s|ting)? (?:there|in|to|into|me|us)|have (?:me|us)|be (?:there|at|in|back)|there|drop\w*|(?:go|going|come|coming|travel\w*|head\w*|drive|return\w*|make it|back|take me|take us|taking me|bring me|bring us|ride|taxi|cab|train|transfer|tickets?|down|over) (?:back )?to|there by|to)\b"
)
SETTING_OUT = re.compile(r"\b(?:leav\w*|depart\w*|pick\w*|collect\w*|start\w*|set out|go(?=·)|fetch\w*|ready|meet)\b")
BY = re.compile(r"(?:by|before|no later than|not later than|at the latest|latest|in time for)(?: (?:my|our|the|a))?\b")
