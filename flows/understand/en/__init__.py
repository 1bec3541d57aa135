"""English: the words and turns of phrase the grammar reads."""

# ruff: noqa: E501  (a phrase is easier to check on one line than broken up)
from flows.understand.en import asks, ways
from flows.understand.en.lexicon import GRAMMAR
from flows.understand.vocabulary import Vocabulary, alternatives, later_of, opening, phrase, stop_of, whole

NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "twenty": 20, "thirty": 30, "a couple of": 2, "a dozen": 12,
}  # fmt: skip
ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "last": -1,
}

_APPOINTMENT = r"(?:reservation|booking|table|dinner|lunch|breakfast|brunch|appointment|meeting|wedding|show|concert|massage|ferry|boat|cruise|check-?in|party|game)"
_N = rf"\d{{1,3}}|{alternatives(NUMBERS)}"
_FOLDS = r"fold(?:s|ing|able|ed)?(?: up| together)?|collaps(?:es|ible|able)"
_UNFOLDING = rf"(?:(?:does|do|can|will|is)(?: ?n.?t|not| not)|can.?t|won.?t|not)(?: be)? (?:{_FOLDS})"
_RIGID = r"electric(?:al)?|power(?:ed)?|motori[sz]ed|battery|rigid|non[ -]?fold(?:ing|able)"
_MORE = r"(?:,\s*(?:at|on|by|around|flight|flt)\b[^,;\n]*)*"

VOCABULARY = Vocabulary(
    language="en",
    numbers=NUMBERS,
    ordinals=ORDINALS,
    called=whole(r"english|ingles|anglais"),
    speaking=frozenset("in speak can we you please pls switch to".split()),
    also=phrase(r"and"),
    joining=phrase(r"and|plus|with|but"),
    denying=frozenset({"no", "not", "without"}),
    articles=phrase(r"the|any"),
    of_what=phrase(r"of"),
    thing_last=True,
    amid=phrase(r"car"),
    address=phrase(r"air ?bnb|villa|street|avenue|av|apt|apartment|condo"),
    no_airline=phrase(r"at|to|in|on|of|by|is|no|me|we"),
    one_person=whole(r"a person"),
    marks=frozenset(
        "hi hello hey the to from with and of for tomorrow today please need want would like airport people adults children kids we i my is"
        " are am pm at thanks thank yes book booking transfer pick up you how much price help morning afternoon".split()
    ),
    hello=phrase(
        r"(?:hi+|hello+|hey+) (?:there|everyone|again)|hi+|hello+|hey+|hiya|good (?:morning|afternoon|evening|day)|greetings"
    ),
    yes=whole(
        r"(?:yes|yep|yeah|yup|ya|sure|ok|okay|k|of course|correct|right|exactly|agreed?|i agree|accept|i accept|fine|perfect|great|please do|yes please|go ahead|sounds good)(?: thanks?| thank you)?"
    ),
    mine=whole(
        r"(?:yes |yep |yeah |ok )*(?:me|mine|myself|my (?:own )?name|in my name|under my name|that s me|that is me|it s me|that one|that s (?:my name|right|correct|fine)|same|the same|use (?:that|it|mine|my name))(?: please| thanks?)?"
    ),
    no=whole(r"no|nope|nah|no thanks?|no thx|no ty|no thank you|not really|not now"),
    skip=whole(
        r"skip|skip it|pass|next|later|none|nothing|nothing special|no|nope|no thanks?|no thx|no ty|no thank you|not now|i don t (?:have|know)(?: (?:one|it))?|don t have (?:one|it)|n a|no (?:special )?occasion|no (?:notes?|e ?mail|room)"
    ),
    done=whole(
        r"(?:done|finished|finish|that s (?:all|it)|that is (?:all|it)|thats (?:all|it)|continue|next|go on|ready|nothing else|no more|ok|okay)(?: thanks?| thank you)?"
    ),
    keep=whole(
        r"(?:yes )?(?:keep|leave)(?: it| that)?(?: as (?:i )?(?:typed|wrote|written|it (?:is|was)|is)(?: it)?)?|as (?:i )?(?:typed|wrote|written)(?: it)?"
    ),
    none=whole(
        r"none|nothing|no|no thanks?|no thx|no ty|no thank you|no extras?|without(?: extras?)?|without any(?:thing)?|skip|nope"
    ),
    unknown=whole(
        r"(?:i )?(?:don t|do not|dont) (?:know|have)(?: (?:it|one|yet|that|the number|my flight|the flight(?: number)?))*(?: yet)?|not (?:sure|yet|known)(?: yet)?|no idea|unknown|later|skip|none|no|i ll tell you later|no flight(?: number)?(?: yet)?"
    ),
    thanks=whole(
        r"(?:ok |okay |great |perfect )?(?:thanks?|thank you|thx|ty|cheers|great|perfect|awesome)(?: (?:so much|a lot|very much|again|you))*|bye|goodbye|see you"
    ),
    send=whole(
        r"send|send it|send (?:the )?request|send now|submit|confirm|confirm it|book|book it|go ahead|do it|looks (?:good|right)|all (?:good|right|correct)|that s (?:right|correct)"
    ),
    correction=phrase(
        r"\A\s*(?:no\s*[,.;]+\s*|no wait\b|wait\b|sorry\b|actually\b|i mean(?:t)?\b|correction\b|rather\b|make (?:it|that)\b|change (?:it|that) to\b|oops\b|instead\b)[\s,.:;]*"
    ),
    instead=phrase(r"no|sorry|i mean|i meant|rather|actually|wait|better|make it|make that|instead|correction|oops"),
    only=phrase(r"just|only"),
    filler=frozenset(
        "the a an please pls one i want would like take prefer ll we d go with for me us that this option number it is my in at on to book need thanks yes ok okay and let s want also too again have has there".split()
    ),
    idle=frozenset(
        "i we you he she they it us me my our your their his her its i'm we're it's i'd we'd i'll we'll i've we've am is are was were be been being will would shall should can could may might must do does did doing have has had having"
        " get gets getting got go going goes gonna wanna need needs needed needing want wants wanted wanting like love prefer hope hoping hi hello hey dear good morning afternoon evening day sir madam team please pls plz kindly thanks thank thx cheers ok okay"
        " yes yeah yep sure well so then just also too as if or and but with of to from for at in on by into onto up down off out over about around approx approximately roughly maybe perhaps probably possibly possible exactly sharp better"
        " there here this that these those the a an some any all both each someone somebody everyone everybody again now actually really very much lot quick little bit ride rides trip trips journey transfer transfers transport transportation taxi cab shuttle"
        " pick picked pickup picking pick-up collect collected fetch fetched drop dropped dropping dropoff drop-off take taking taken bring brought drive driven travel travels travelling traveling travellers travelers arrive arrives arrived arriving arrival land lands landing leave leaves leaving departing depart departs"
        " booking book booked reserve reservation schedule arrange arranged organise organize make made way time date hour o'clock flight number people persons passengers person party group total altogether bags luggage suitcases hotel airport"
        " another tour tours excursion excursions private leaving only takes off landed lands back return returning looking forward am pm s d ll m re ve t us know let tell see think guess set sort sorted help check confirm plan planning planned visit visiting stay staying holiday vacation trip name named called where when what which who how here's there's".split()
    ),
    polite=phrase(
        r"after all|as well|at all|no problem|not sure|thanks in advance|in advance|how are you|nice to meet you|good to know|by the way|if (?:that's|that is|it's|it is)? ?possible|as soon as possible|if you can|if you could|one more thing|a quote|quote"
    ),
    option=whole(
        rf"(?:the |option |number |no |nr )*(?P<n>\d{{1,2}}|{alternatives(ORDINALS)})(?: one| option)?(?: please| pls| thanks?)?"
    ),
    anytime={
        "person": whole(
            r"(?:i (?:want|need|would like|d like) (?:to (?:talk|speak|chat) (?:to|with) )?|can i (?:talk|speak|chat) (?:to|with) |(?:talk|speak|chat|connect me|pass me|put me through) (?:to|with) |get me )?(?:an? |some|the |your )?(?:real |human )?(?:person|human|agent|operator|representative|somebody|someone|staff|call me|human being)(?: please| pls)?"
        ),
        "start_over": whole(
            r"(?:please )?(?:start (?:over|again|afresh|from scratch)|restart|reset|begin again|from the (?:start|beginning)|clear(?: all)?|forget (?:it|everything|all))(?: please)?"
        ),
        "new": whole(
            r"(?:i (?:want|need|would like|d like) )?(?:to )?(?:make |book |start )?(?:a |an)?(?:new|another|other) (?:booking|transfer|trip|request|one|ride|tour)(?: please)?|book again"
        ),
        "cancel": whole(
            r"(?:i (?:want|need) to )?(?:please )?(?:cancel|stop|quit|abort)(?: (?:it|this|everything|the|my|booking|request|all))*(?: please)?"
        ),
        "back": whole(r"(?:go )?(?:back|previous|undo|one back|step back)(?: please)?|go back|oops"),
        "help": whole(
            r"help|help me|what can (?:you|i) (?:do|say|write)|how does (?:this|it) work|commands|menu|info|i need help|i don t understand"
        ),
        "summary": whole(
            r"(?:show )?(?:me )?(?:the |my )?(?:summary|recap|overview|draft|request|booking|status|details)(?: so far| please)?|what do you have(?: so far)?|what have (?:you|i)(?: got)?(?: so far)?|where are we"
        ),
        "price": whole(
            r"(?:what s |what is |whats |show )?(?:me )?(?:the |my )?(?:price|total|cost|rate|fare)(?: so far| now| please)?|how much(?: (?:is|does|will|would) (?:it|that|this)(?: (?:be|cost))?)?(?: so far| now| in total)?"
        ),
        "change": whole(
            r"(?:(?:i|we) (?:want|need|would like|d like|have) to |(?:can|could|may) (?:i|we) (?:please )?)?(?:change|edit|modify|correct)(?: (?:something|it|the request|a line|my answers?|an answer|this|that|(?:the |my |our )?(?:booking|reservation|trip|transfer|tour)))?(?: please)?"
        ),
        "to_whatsapp": whole(
            r"(?:please )?(?:can (?:we|i) )?(?:continue|go on|switch|carry on|move|resume)(?: (?:this|it|there))?(?: to| on| in| over to| by| with) (?:whatsapp|whats app|wasap|whatsap)(?: please| instead)?|(?:whatsapp|whats app|wasap|whatsap)(?: instead)?(?: please)?"
        ),
        "to_telegram": whole(
            r"(?:please )?(?:can (?:we|i) )?(?:continue|go on|switch|carry on|move|resume)(?: (?:this|it|there))?(?: to| on| in| over to| by| with) (?:telegram|telegran)(?: please| instead)?|(?:telegram|telegran)(?: instead)?(?: please)?"
        ),
        "start": whole(r"start(?: (?P<payload>[\w -]{1,64}))?"),
    },
    asks=asks.ASKS,
    asks_booked=asks.ASKS_BOOKED,
    back_only=asks.WAY_BACK,
    there_only=asks.WAY_THERE,
    by_mail=asks.BY_MAIL,
    late=asks.LATE,
    wants_person=phrase(
        r"(?:talk|speak|chat|connect me|put me through)\s+(?:to|with)\s+(?:an? |some |the |your )?(?:real |actual |live |human )*(?:person|human|human being|agent|operator|representative|somebody|someone|one of you|team|staff)|can (?:some(?:one|body)|you) call me"
    ),
    price_asked=phrase(
        r"how much|what (?:does|would|will|did) (?:it|that|this|a \w+) cost|what(?:'s| is| are|s)? (?:the |your )?(?:price|cost|rate|fare)s?|(?:price|cost|rate|fare)s? (?:for|of|from|to)|what do you charge"
    ),
    and_what=opening(r"and|what about|how about|or"),
    asking=opening(
        r"(?:(?:and|but|also|hi|hello|ok|sorry|one question|question)\W+)*(?:(?P<fact>i have (?:a|another|some) (?:quick )?questions?|do|does|did|is|are|was|will|should|what|which|how|why|who|where|when|any)|would|can|could|may|shall)"
    ),
    declined={
        "room": phrase(r"no room(?: number)?(?: yet)?"),
        "extras": phrase(r"no (?:extras?|add-?ons?)|without extras?|nothing extra"),
        "occasion": phrase(r"(?:no|not a|no special|not a special) (?:special )?occasion|nothing special"),
        "notes": phrase(r"no (?:notes?|comments?|remarks?|special requests?)"),
        "email": phrase(r"no e-?mail|without e-?mail"),
        "wheelchair": phrase(
            r"(?:no|without|not|don.?t (?:need|have|bring)|do not (?:need|have|bring))(?: (?:an?|the|any|our|my))? wheel[ -]?chairs?"
        ),
    },
    negated=phrase(
        r"not (?:on |at |the |for )*(?:today|tomorrow|tonight|[a-z]+day|\d[\w:]*)(?: \w+)?\s*(?:,|\.|but|;)\s*(?:but )?"
    ),
    waiting_list=phrase(
        r"wait(?:ing)? ?list|put (?:me|us) on (?:the|a) list|(?:i|we)(?: ?ll| will| can)? wait (?:for|until)"
    ),
    off_the_list=phrase(
        r"(?:off|leave|from) the (?:waiting ?)?list|(?:don ?t|do not|no longer|not) (?:want|need) (?:it|to wait)(?: any ?more)?|stop waiting|forget (?:it|about it)|no longer interested"
    ),
    changing=phrase(
        r"(?:make|made) (?:it|that|this|them)|(?:change|move|switch|swap|push|bring|put|shift|reschedule|postpone|update|correct|upgrade|modify)|reschedul\w+|add|remove|drop|take off|without|instead|actually|rather|we (?:are|will be|'?re|'?ll be) (?:now )?(?:only |just )?(?:\d+|two|three|four|five|six|seven|eight|nine|ten)|can we be|could we be|(?:one|two|three|\d) (?:more|less|fewer)|another|extra|also (?:need|want|bring)|we (?:also )?need|need|can we (?:have|get)|could we (?:have|get)|earlier|bigger|larger|smaller|not \w+ but"
    ),
    change=phrase(
        r"(?:change|edit|modify|correct|update|another|different|wrong|add) (?:the |my |our |an? |some )?(?P<what>number of [a-z]+|(?:pick ?-?up|drop ?-?off|flight|room|e-?mail|phone|special )?[ -]?[a-z-]+)(?: (?:number|date|time|place|point))?(?:\s*(?:to|:|=)\s*(?P<to>.+))?"
    ),
    lines={
        "service": whole(r"service|tour|excursion|trip|what"),
        "pickup": whole(r"pick ?up(?: (?:place|point|hotel))?|origin|start|from|where from|route|departure place"),
        "dropoff": whole(r"drop ?off(?: (?:place|point|hotel))?|destination|to|where to"),
        "room": whole(r"room(?: number)?"),
        "date": whole(r"date|day|when"),
        "time": whole(r"time|hour|pick ?up time|schedule"),
        "departure": whole(r"departure|time|hour|date|day|schedule"),
        "flight": whole(r"flight(?: number)?"),
        "party": whole(
            r"party|people|passengers?|persons?|guests?|travell?ers|number of people|adults|children|kids|how many"
        ),
        "luggage": whole(r"luggage|bags?|suitcases?|baggage"),
        "wheelchair": whole(r"wheel ?chairs?"),
        "vehicle": whole(r"vehicle|car|van|suv|transport"),
        "extras": whole(r"extras?|add ?ons?"),
        "occasion": whole(r"(?:special )?occasion"),
        "notes": whole(r"notes?|comments?|remarks?|wishes"),
        "name": whole(r"name"),
        "phone": whole(r"phone(?: number)?|number|mobile|cell|whatsapp"),
        "email": whole(r"e ?mail(?: address)?|mail"),
    },
    grammar=GRAMMAR,
    loose=frozenset(
        "at around about maybe like approximately by ish or so o clock the of day on for time pickup would be should make it up leave leaving then".split()
    ),
    there_by=phrase(
        r"(?:be|arrive|get|reach)(?: there| in time| at| to| the| my| our)*(?: [^,;.\d]{2,30}?)? (?:by|before|no later than|latest(?: at)?)"
        r"|(?:must|needs?(?: it)? to|have to|has to|(?:want|like|love|prefer|wish) to|can|could|should) (?:be there|arrive|get there|check in|(?:be|arrive|get) (?:at|to|in) [^,;.\d]{2,40}?)(?: there)?(?: (?:at|by|around|about))?"
        r"|(?<!going )(?<!scheduled )(?<!supposed )(?<!due )to arrive|(?:there|airport) by|arrive by|arrival time(?: (?:to be|is|of|at|should be|would be|will be))?|that arrives?"
        r"|to (?!·)[^,;.\d]{2,40}? arriving(?= (?:at|around|about)\b)"
        rf"|(?:for|make|before|by) (?:my|our|the|a) (?:(?:\w+ )?{_APPOINTMENT}(?: (?:at|is at|for|is|of))?|(?=\d[\d:.]*(?: ?[ap]\.?m\.?)? {_APPOINTMENT}))"
        r"|drop(?:ped)?(?: (?:me|us))? ?-?off(?: (?:at|in) [^,;.\d]{2,40}?)?"
    ),
    takeoff=phrase(
        r"(?:for|catch|make) (?:my|our|the|a) (?=\d[\d:.]*(?: ?[ap]\.?m\.?)? flight)|(?:flight|plane) (?:(?=at \d)|leaves|departs|takes off|goes|is leaving|(?:is|departure is)(?= (?:at|around|tomorrow|today|on)\b| \d))|(?:we|i) (?:fly|take off|depart)(?: out| home| back)?(?= at| \d|·)|departing flight|take-?off|departure (?:is )?at|flight out"
    ),
    for_so_many=phrase(
        rf"for (?:just |only |exactly |the )?(?P<n>\d{{1,2}}|{alternatives({w: n for w, n in NUMBERS.items() if len(w) > 2 and ' ' not in w})})(?=\s*(?:[.,!?;)·\n]|\Z|-)|\s+(?:please|pls|to|thanks?|there|too|in total|total|actually|instead|will|would|and|from|with|on|at|that|this|is|seems|alone)\b)"
    ),
    no_count=phrase(
        r"(?:the|that|this|which|another|any|no|each|every|last|first|cheap\w*|good|better|other|big\w*|small\w*) one|one (?:of|way|more thing)"
    ),
    bags=phrase(
        rf"(?P<n>{_N})\s*(?:(?:big|large|small|medium|checked|hand|golf)\s+)*(?:bags?|suitcases?|pieces? of luggage|luggages?|cases?|carry-?ons?|backpacks?|pieces)"
    ),
    no_bags=phrase(
        r"(?:just|only) (?:our |a few |small )?(?:carry-?ons?|hand bags?|hand luggage|backpacks?)|(?:no|without|zero) (?:any )?(?:luggage|bags?|suitcases?|baggage)|hand luggage only|only hand luggage"
    ),
    wheelchair=phrase(
        r"(?:my \w+ (?=uses|is in|needs|has|comes|travels)|(?:(?:is|are) there|(?:do|can|could) you (?:have|take|send))(?: (?:an?|any|room|space|cars?|vans?|vehicles?|taxis?|for|with|that takes?))* )?"
        r"(?:(?:who |that |which )?(?:uses?|using|needs?|has|brings?|(?:we|i) (?:have|bring|need|use)|(?:is|are|be|comes?|travels?|sits?|sitting|travell?ing)(?: in| with| on)|bringing|with|in|on|plus|and)\s+)*"
        rf"(?:(?:an?|one|my|our|his|her|the|their|of)\s+)*(?:(?P<many>{_N})\s+)?(?:(?:(?:{_FOLDS})|(?:{_RIGID}))\s+)*wheel[ -]?chairs?"
        rf"(?:[ -](?:users?|(?:accessible)(?: (?:vehicle|car|van|taxi|transfer|transport))?|(?:that |which |and it |it )*(?:(?:{_UNFOLDING})|(?:is |can (?:be )?)?(?:{_FOLDS}))))?"
        r"(?:\W+(?:does|will|would|can) (?:it|that|this) (?:fit|work|go in|be ok))?"
    ),
    folding=phrase(_FOLDS),
    rigid=phrase(rf"{_RIGID}|{_UNFOLDING}|accessible"),
    route=phrase(
        r"(?:(?:i |we )?(?:need|want|would like)?.{0,40}?\bfrom\s+)(?P<pickup>[^,;·\n]{2,60}?)[\s·,]+(?:to|until|till|>)\s+(?P<dropoff>[^;\n]{2,80})|(?P<pickup2>[^,;·\n]{2,60}?)\s*(?:\bto\b|->|=>|>|\s-\s)\s*(?P<dropoff2>[^;\n]{2,80})"
    ),
    pickup=phrase(
        r"(?:from|land(?:s|ing)? (?:at|in)|arriv(?:e|es|ing) (?:at|in|to)|pick(?:ed)?(?: (?:me|us))?[ -]?up (?:at|from|in)|collect (?:me|us) (?:at|from)|leaving(?: from)?)\s+(?P<place>[^,;·\n]{2,60})"
    ),
    dropoff=phrase(
        r"(?:(?:going |go |drive |bring (?:me|us) |take (?:me|us) |get )?to|into|drop(?:ped)?(?: (?:me|us))?[ -]?off (?:at|in)|destination)\s+(?P<place>[^,;·\n]{2,60})"
    ),
    staying=phrase(
        r"(?:staying (?:at|in)|stay (?:at|in)|we are at|i am at|i'm at|we're at|booked (?:at|in))\s+(?P<place>[^,;·\n]{2,60})"
    ),
    from_there=phrase(r"from|leaving"),
    way=ways.WAY,
    between=ways.BETWEEN,
    before_name=ways.BEFORE_NAME,
    after_name=ways.AFTER_NAME,
    name_tail=ways.NAME_TAIL,
    generic=ways.GENERIC,
    no_name=ways.NO_NAME,
    infinitive=ways.INFINITIVE,
    arriving=ways.ARRIVING,
    setting_out=ways.SETTING_OUT,
    by=ways.BY,
    not_before=phrase(r"(?<!no )(?<!not )(?:after|later than)|(?:not|no) earlier than|(?:some|any) ?time after"),
    riding=ways.RIDING,
    and_more=phrase(
        r"with|and (?:an?|my|our|we|i|want|need|would|\d+|arriving|going|then|dropping)|for (?:my|our|an?|the)"
    ),
    place_filler=phrase(
        r"a transfer|transfer|a ride|ride|a taxi|taxi|a shuttle|shuttle|a car|private|please|pls|hi+|hello|hey|good (?:morning|afternoon|evening)|i'm|we're|i am|we are|i|we|need|want|would|like|to book|book|d|ll|the|my|our|from|to|at|in the|on|and|for|get|go|going|us|me|an?|change|remove|off|destination|take|bring|drive|drop|pick|up|can|could|you|then|pick up|pickup|arriv(?:e|es|ing)|land(?:s|ing)?|flying|at|into|there|back|it's|is|are|staying|will be|with|please|tour|trip|another"
    ),
    airport=whole(r"(?:the )?(?:international )?airport|aeropuerto"),
    transfer=phrase(
        r"(?:private )?transfers?|tranfers?|trasfers?|taxi|cab|chauffeur|private (?:car|driver)|shuttle|airport (?:pick ?-?up|ride|drop ?-?off)|(?:a )?(?:ride|pick ?-?up)"
    ),
    room=phrase(r"(?:room|rm|suite|villa)\s*(?:number|no\.?|nr\.?|#)?\s*(?P<room>[a-z]?-?\d[\w-]{0,9})"),
    cheapest=whole(
        r"(?:the |a )?(?:cheapest|cheaper|least expensive|smallest|lowest price|most economic(?:al)?)(?: one| option| car| vehicle)?(?: please| pls)?|whatever(?: is)? (?:cheapest|fits|works)|any(?: one| of them)?|you (?:choose|decide|pick)|whichever"
    ),
    largest=whole(
        r"(?:the )?(?:biggest|largest|most spacious|big one|large one)(?: one| option| car| vehicle)?(?: please| pls)?"
    ),
    flight=phrase(r"flight(?: number)?(?: is)?|flying(?: with| on)?|flt"),
    name=phrase(
        r"(?:my name is|my name's|the name is|name is|name:|i am called|call me(?! (?:a|an|the|at|when|if|on|back|later|in|for|and|to|please|now|asap|my)\b)|booking name|under the name(?: of)?|in the name of|name)\s+(?P<name>[^,;\n·]{2,80})"
    ),
    i_am=phrase(r"i'm|i am|this is"),
    ours=phrase(r"(?:our|my|it's|it is|is|we are|we're|for (?:a|the|our|my)|wife's|husband's|(?:\w+)'s)(?: \w+)?"),
    occasions={
        "honeymoon": phrase(r"honey ?moon|just married|newly ?weds?"),
        "anniversary": phrase(r"anniversary"),
        "birthday": phrase(r"birth ?day|b-?day"),
        "proposal": phrase(r"proposal|propose to|engagement"),
    },
    own_way=whole(
        r"(?:i|we)(?: ll| will| d| would)? (?:come|go|drive|get there|be there|meet you)(?: there)?(?: by (?:myself|ourselves)| on (?:my|our) own| ourselves| myself| there)?|(?:by (?:myself|ourselves)|on (?:my|our) own|no pick ?up(?: needed)?|own transport|meet (?:you )?there)(?: please)?"
    ),
    without=phrase(r"no|without|remove|not|drop|minus|take (?:off|away)|cancel"),
    more=phrase(r"more|another|extra|additional"),
    less=phrase(r"less|fewer"),
    hotel=whole(r"hotel(?: name)?|resort|airbnb|villa"),
    hotel_is=phrase(
        r"(?:(?:change|correct|update|switch) (?:the |my |our )?(?:hotel|resort|airbnb|villa)(?: name)?\s*(?:to|for|:)|(?:the|our|my) (?:hotel|resort|airbnb|villa) (?:is|will be|should be|would be|changed to)(?: now| actually| in fact)?|hotel\s*[:=])\s+(?P<place>[^,;·\n]{2,60})"
    ),
    one_way=phrase(
        r"one[- ]way|(?:just|only) (?:the way )?there|no (?:return|way back)|without (?:a )?return|not back"
    ),
    both_ways=phrase(
        r"round ?-?trip|return (?:trip|transfer|journey|ticket)|both ways|(?:there )?and back(?: again)?(?=\s*(?:[,.;!·]|\Z))|two[- ]way"
    ),
    way_back=phrase(
        rf"(?:and )?(?:then )?(?:(?:we|i)(?:'ll| will)? )?(?:(?:com(?:e|ing)|go(?:ing)?|fly(?:ing)?|head(?:ing)?) )?(?:back(?= (?:on|at|after)\b)|returning|return(?: (?:date|trip|transfer|flight))?(?= (?:on|at|after|is)\b|\s*:))(?P<rest>[^,;\n]*{_MORE})|and (?:then )?(?:com(?:e|ing) |go(?:ing)? )?back\b(?P<rest2>[^,;\n]*{_MORE})"
    ),
    days_later=later_of("days?|nights?", "weeks?", "later|after", "after"),
    via=stop_of(
        r"(?:going |driving )?via|(?:with |and )?(?:a |one )?(?:short |quick )?stop(?:ping|over)?(?: off)? (?:at|in|by)|passing (?:by|through)|by way of",
        r"and|then|to|on|at \d|tomorrow|for",
    ),
    for_hours=phrase(
        r"(?:for|during) (?P<n>\d{1,2}|[a-z]+)[- ]?(?:hours?|hrs?|h)\b|(?P<n2>\d{1,2}|[a-z]+)[- ]?(?:hours?|hrs?) (?:of|with)"
    ),
    bare_hours=phrase(r"(?P<n>\d{1,2}|[a-z]+)\s*(?:hours?|hrs?|h)"),
    half_day=phrase(r"half (?:a |the )?day"),
    whole_day=phrase(r"(?:all|whole|full) day"),
    hired=phrase(r"chauffeur|driver"),
)
